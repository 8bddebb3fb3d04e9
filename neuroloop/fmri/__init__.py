"""fMRI: brain data of any source, regions, decoders, soft labels and their statistics."""
