"""Simulated subjects who look at handwritten digits (see `neuroloop.fmri.simulate`)."""

ORDER = 1
LEGEND = "Simulated: subjects of known truth who look at handwritten digits"
