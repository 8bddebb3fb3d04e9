"""Functions that the rule of the report shares: what its page shows beside chapters. No rule stands here."""

from neuroloop.report.audit_page import found_by_audit

#: Keys of the config that say how jobs run, and change no number.
RUNNING = ("device", "threads", "longest_job")


def as_completed():
    """The config as it was completed, without what says how jobs run."""
    return {key: value for key, value in config.items() if key not in RUNNING}
