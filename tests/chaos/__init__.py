"""Runs that are killed or find no room, at random moments: the same command has to mend them."""
