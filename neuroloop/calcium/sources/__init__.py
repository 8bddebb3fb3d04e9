"""Sources of calcium movies, one file each, by the name that an area's ``source`` gives.

A source has ``Settings``, which are keys of the area's block, and ``Session``, which is what
each of the area's sessions may say.
"""
