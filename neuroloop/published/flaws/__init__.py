"""Flaws of published protocols, one module each: of brains, of radiographs, of neurons.

A module states ``ORDER``, ``TITLE`` and what was ``DONE``, and functions named as the steps that
it spoils, of the attributes of `protocol.Protocol`. Some change what the strict step is given or
gives (``told``, ``taught``, ``persons``, ``maps``), one after another; of others (``fold_by``,
``decode``, ``epoch``, ``likeness``) the last one counts: `Protocol` says which.
"""
