"""Reading and preparing images, the same for every study."""
