"""The contract of any entry, by its kind."""

from pathlib import Path
from typing import Any

from neuroloop import registry
from neuroloop.errors import NeuroLoopError


def check_entry(kind: str, entry: str | Path, **settings: Any) -> None:
    """Check an entry of a kind (see the module of that kind's contract).

    Parameters
    ----------
    kind : str
        ``decoder``, ``teacher``, ``method``, ``backbone`` or ``fmri_source``.
    entry : str or Path
        Name of an entry, or a plugin's file.
    **settings
        Of the entry; its defaults where left out.

    Raises
    ------
    NeuroLoopError
        For the first thing that is wrong.
    """
    if kind == "decoder":
        from neuroloop.contracts.decoder import check_decoder

        check_decoder(entry, **settings)
    elif kind == "teacher":
        from neuroloop.contracts.teacher import check_teacher

        check_teacher(entry)
    elif kind == "backbone":
        from neuroloop.contracts.backbone import check_backbone

        check_backbone(entry, **settings)
    elif kind == "fmri_source":
        from neuroloop.contracts.source import check_source

        check_source(entry)
    elif kind == "method":
        from neuroloop.contracts.method import check_attribution, check_look

        name = entry if isinstance(entry, str) else entry.stem
        looks = hasattr(registry.entry("method", name), "look")
        (check_look if looks else check_attribution)(entry, **settings)
    else:
        raise NeuroLoopError(f"kind {kind!r} has no contract that is checked here")


def check_file(file: Path) -> tuple[str, str]:
    """Register a plugin's file, check it, and return its kind and name."""
    kind, name = registry.add_plugin(file)
    check_entry(kind, name)
    return kind, name
