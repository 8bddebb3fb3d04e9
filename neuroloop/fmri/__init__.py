"""fMRI: brain data from any source, regions, decoders, soft labels and their statistics."""
