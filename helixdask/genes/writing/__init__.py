"""Gene models to GFF3, GTF, BED12 and FASTA."""
