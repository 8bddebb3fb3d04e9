"""NeuroLoop's library: brains teach networks, networks read brains."""

#: The one place that states it. Rules of another version refuse to run with this library.
__version__ = "0.1.0"
