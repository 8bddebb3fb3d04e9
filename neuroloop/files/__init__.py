"""Reading, writing and downloading files, whole or not at all."""
