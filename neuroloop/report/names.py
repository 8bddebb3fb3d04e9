"""What methods and teachers are called on pages and in figures; files keep their code names.

The one table of names are the entries of the registries themselves.
"""

from neuroloop import registry

#: What measures of tables are called.
MEASURES = {
    "any_hit": "any cell hit",
    "exact_top": "all cells hit",
    "exact_threshold": "these cells and no other",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro-F1",
    "auc": "AUC",
    "auc_ovr": "AUC, one against the rest",
    "brier": "Brier score",
    "calibration_error": "calibration error",
    "log_loss": "log loss",
    "sum": "sum of the matrix",
    "sharing_excess": "pairs that share a cell, less others",
    "zncc": "as published",
    "split_half": "between halves",
}


def method_name(method: str) -> str:
    """What an attribution method is called: ``"HiResCAM"`` of ``hires_cam``, from its ``LEGEND``.

    A name that no registry knows, as that of a plugin which has gone, stays as it is.
    """
    if method not in registry.names("method"):
        return method
    title, colon, _ = str(registry.entry("method", method).LEGEND).partition(": ")
    return title if colon else method


def teacher_name(teacher: str) -> str:
    """What a teacher is called: ``"labels alone"`` of ``none``, its ``TITLE`` if it has one."""
    if teacher not in registry.names("teacher"):
        return teacher
    return str(getattr(registry.entry("teacher", teacher), "TITLE", teacher))


def teacher_key(teacher: str) -> str:
    """A teacher's name with that of the config and of folders: ``"labels alone (none)"``."""
    name = teacher_name(teacher)
    return name if name == teacher else f"{name} ({teacher})"
