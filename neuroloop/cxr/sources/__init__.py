"""Sources of chest radiographs, one file each, by the name that their ``source`` gives.

A source has ``Settings``, which are keys of the block of radiographs.
"""
