"""What the published protocols make out of noise: each flaw a switch beside the strict protocol.

The only place where the invariants on joining, leakage and units are switched off. A flaw tells the
product's own functions something false, or replaces one of their steps; nothing imports this room,
no config names a flaw, and what it gives enters no table of results (docs/published.md).
"""
