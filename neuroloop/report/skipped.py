"""What a run left out of what its config names, and why."""

from collections.abc import Collection, Mapping
from typing import Any

from neuroloop.report.cards import listed

#: Kinds of blocks, in words.
KINDS = {
    "datasets": "brain data",
    "areas": "calcium imaging",
    "radiographs": "radiographs",
}


def skipped(
    config: Mapping[str, Any], looked_into: Collection[str] = (), audited: Collection[str] = ()
) -> list[tuple[str, str]]:
    """What was left out, and why, a sentence each.

    Parameters
    ----------
    config : mapping
        As it was completed.
    looked_into : collection of str
        Networks under ``explain.models`` that have their page.
    audited : collection of str
        Data sets that were audited.

    Returns
    -------
    list of (str, str)
        What, and why: the key of the config that would bring it in.
    """
    found = []
    for kind, named in KINDS.items():
        blocks = config[kind]
        others = [name for name in blocks if name not in config["run"]]
        if others:
            found.append((f"{named.capitalize()}: {listed(others)}", "not named under run"))
        if not any(name in blocks for name in config["run"]):
            found.append((f"All {named}", f"run names none of {kind}"))
    for name in config["run"]:
        if name in config["datasets"]:
            found += _of_brains(name, config["datasets"][name], config)
        elif name in config["areas"]:
            found += _of_neurons(name, config["areas"][name], config)
        elif name in config["radiographs"]:
            found += _of_films(name, config["radiographs"][name], config)
    unseen = [name for name in config["explain"]["models"] if name not in looked_into]
    if unseen:
        found.append((f"Inside the networks: {listed(unseen)}", "snakemake explain was not run"))
    untried = [name for name in config["run"] if name not in audited]
    if untried:
        what = f"Leaks, and surrogates without an effect, of {listed(untried)}"
        found.append((what, "snakemake audit was not run"))
    return found


def _unused(name: str, kind: str, key: str, named: Any, used: Any) -> list[tuple[str, str]]:
    """What the config describes and a block does not take."""
    rest = [one for one in named if one not in used]
    return [(f"{name}: {kind} {listed(rest)}", f"not in {key}")] if rest else []


def _of_brains(
    name: str, block: Mapping[str, Any], config: Mapping[str, Any]
) -> list[tuple[str, str]]:
    key = f"datasets.{name}"
    found = _unused(name, "decoders", f"{key}.decoders", config["decoders"], block["decoders"])
    teaching = block.get("teaching")
    if not teaching:
        return [*found, (f"{name}: students", f"{key}.teaching is not set")]
    untaught = f"{key}.teaching.decoders"
    found += _unused(name, "students of", untaught, block["decoders"], teaching["decoders"])
    dealt = teaching["assignments"] and "withinclass" in teaching["teachers"]
    rest = [roi for roi in block["rois"] if roi not in (teaching.get("assignment_rois") or [])]
    question = f"{name}: whether the brain knows the image and not its class alone"
    if not dealt:
        found.append((question, f"{key}.teaching.assignments is 0, or no teacher is withinclass"))
    elif teaching.get("assignment_rois") and rest:
        found.append((f"{question}, of {listed(rest)}", f"not in {key}.teaching.assignment_rois"))
    return found


def _of_neurons(
    name: str, block: Mapping[str, Any], config: Mapping[str, Any]
) -> list[tuple[str, str]]:
    key = f"areas.{name}"
    found = _unused(name, "readers", f"{key}.readers", config.get("readers", {}), block["readers"])
    compared = {session for pair in block["comparisons"] for session in pair}
    alone = [session for session in block["sessions"] if session not in compared]
    if alone:
        found.append((f"{name}: changes of session {listed(alone)}", f"not in {key}.comparisons"))
    return found


def _of_films(
    name: str, block: Mapping[str, Any], config: Mapping[str, Any]
) -> list[tuple[str, str]]:
    key = f"radiographs.{name}"
    named = config.get("classifiers", {})
    found = _unused(name, "classifiers", f"{key}.classifiers", named, block["classifiers"])
    for what, setting in (
        ("radiographs of another source", "external"),
        ("new sites", "new_sites"),
        ("what a leak would add", "leakage"),
        ("where classifiers looked", "maps"),
    ):
        if not block.get(setting):
            found.append((f"{name}: {what}", f"{key}.{setting} is empty"))
    return found
