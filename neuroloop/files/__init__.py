"""Reading, writing and downloading files, always complete or not at all."""
