"""GFF3 and GTF files to gene models: lines, who belongs to whom, what is mended."""
