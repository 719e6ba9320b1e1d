"""Opening, creating and publishing groups of a store; contigs and regions."""
