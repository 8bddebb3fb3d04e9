"""The exception of methods that do not apply to a network."""

from neuroloop.errors import NeuroLoopError


class NotApplicable(NeuroLoopError):
    """A method of explanation does not apply to a network.

    The message says why, in one line. Code that runs many methods records it and continues.
    """
