"""What a method says of a network that it is not made for."""

from neuroloop.errors import NeuroLoopError


class NotApplicable(NeuroLoopError):
    """A method of explanation does not apply to a network.

    The message, one line, says why. Who runs many methods writes it down and goes on.
    """
