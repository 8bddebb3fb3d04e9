"""Flaws of published protocols, one module each.

A module states ``ORDER``, ``TITLE`` and what was ``DONE``, and functions named as the steps that
it spoils, of the attributes of `protocol.Protocol`. Some change what the strict step is given or
gives (``told``, ``activity``, ``taught``, ``seeds``, ``controls``), one after another; of others
(``fold_by``, ``decode``, ``seen``, ``epoch``, ``claimed``) the last one counts.
"""
