"""Which contigs are copies of each other, found from the DNA alone: homoeologs, homologs, haplotypes."""
