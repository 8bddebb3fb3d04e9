"""What units and embeddings of a network represent."""
