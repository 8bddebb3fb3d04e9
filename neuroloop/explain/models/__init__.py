"""Networks that are looked into, and their images: what a model.json says."""
