"""What the page of the report shows beside its chapters. No rule stands here."""

from neuroloop.report.answers.table_flags import found_in_networks
from neuroloop.report.audit_page import audited_data, found_by_audit
from neuroloop.report.chapters import simulated_data
from neuroloop.report.provenance import citations
from neuroloop.workflow.rule_steps import rule_steps
from neuroloop.workflow.verification import was_verified

#: Keys of the config that say how and where jobs run, and change no number.
RUNNING = (
    "device",
    "deterministic",
    "cuda_graphs",
    "threads",
    "longest_job",
    "data_folder",
)


def looked_into():
    """Networks whose gallery is there."""
    models = config["explain"]["models"]
    return [m for m in models if Path(f"results/explain/{m}/gallery.html").is_file()]


def as_completed():
    """The config as it was completed, without what says how and where jobs run.

    Blocks stand in the order of their names: a config that reaches a cluster's job has another
    order than the files had.
    """
    return {
        key: dict(sorted(block.items())) if isinstance(block, dict) else block
        for key, block in sorted(config.items())
        if key not in RUNNING
    }
