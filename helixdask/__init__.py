"""Fine-tune and run Helixer gene prediction on genomes of any size."""
