"""How attribution methods explain an output by the pixels of the input."""
