"""The one exception that speaks to the user."""


class NeuroLoopError(Exception):
    """A mistake that the user can fix.

    The message is one line: what is wrong, which file or key, and what to do. Jobs print it alone,
    without a traceback.
    """
