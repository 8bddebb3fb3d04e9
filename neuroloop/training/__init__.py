"""Training loops, optimisers, checkpoints."""
