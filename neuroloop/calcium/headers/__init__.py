"""What headers declare of a TIFF file's pages, a module for each program that writes them."""
