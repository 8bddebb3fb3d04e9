"""Networks to be explained and their images, as described by a model.json."""
