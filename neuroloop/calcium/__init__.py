"""Calcium imaging: movies, networks that read which cells were stimulated, maps, coupling."""
