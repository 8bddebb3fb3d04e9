"""Figures of what was found in a network."""
