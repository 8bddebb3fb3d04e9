"""Why a job has to run again: which function, setting or file changed.

Snakemake records of every result the values of its job's parameters, without their names, and its
input files; `hash_record` knows what the hash of code among them was made of.
"""

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from neuroloop.workflow.code_version import ROOT, assets, modules
from neuroloop.workflow.hash_record import changes

#: How many settings and files are named, and how many letters of a value.
NAMED, FILES, LETTERS = 6, 3, 40

#: A hash of code, as Snakemake records it.
HASH = re.compile(r"'([0-9a-f]{16})'")

#: Parameters that are no settings, and in what words they are told.
IN_WORDS = {
    "content": "other files, or other bytes in them",
    "changed": "a folder of results holds something else than its job put into it",
    "verified": "what was verified",
    "graph": "the jobs of this config",
    "chapters": "what the report shows",
}

#: What a setting has that is not there.
NOTHING = object()


def why_stale(workflow: Any, job: Any, reason: Any) -> str:
    """Why the results of a job have to be made anew.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        With its graph, and what Snakemake recorded of earlier runs.
    job : snakemake.jobs.Job
    reason : snakemake.jobs.Reason
    """
    told = []
    recorded = workflow.persistence  # Snakemake itself asks it of no job that follows from another
    if change := reason.params_changed or recorded.params_changed(job):
        told += _params(job, change)
    if reason.software_stack_changed or any(recorded.software_stack_changed(job)):
        told.append("the environment changed")
    if reason.input_changed or any(recorded.input_changed(job)):
        told.append(_inputs(recorded, job))
    own = sorted(map(str, set(reason.updated_input) - set(reason.updated_input_run)))
    if own:
        told.append(f"input changed: {some(own, FILES)}")
    if reason.updated_input_run:
        told.append(follows(workflow.dag, job, reason))
    return "; ".join(told) or "forced"


def follows(dag: Any, job: Any, reason: Any) -> str:
    """Name the rules of the jobs from which a job follows."""
    again = set(reason.updated_input_run)
    needed = dag.dependencies[job].items()
    return f"follows from {some(sorted({one.rule.name for one, f in needed if again & f}), NAMED)}"


def some(names: Sequence[str], most: int) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _params(job: Any, change: Any) -> list[str]:
    """Settings that changed, with their values before and now, and the code that did."""
    new = {name: value for name, value in job.params.items() if repr(value) in change.only_new}
    told = [f"code changed: {_code(job, new['code'], change.only_old)}"] if "code" in new else []
    old = _values(change.only_old)
    others = [
        line
        for name, value in new.items()
        if name not in ("code", "plugins")
        for line in (
            [_in_words(name, value, old)] if name in IN_WORDS else setting_changes(name, value, old)
        )
    ]
    if others:
        told.append(f"changed: {some(others, NAMED)}")
    return told or ["a parameter changed"]


def _in_words(name: str, value: Any, old: Sequence[Any]) -> str:
    """What changed of what is no setting; of the user's files, which."""
    earlier = [one for values in old if isinstance(values, list) for one in values]
    parts = value if name == "content" and isinstance(value, list) else []
    known = [
        line
        for now in parts
        if now not in earlier
        for line in changes(map(str, earlier), str(now)) or []
    ]
    return some(known, FILES) if known else IN_WORDS[name]


def _code(job: Any, version: str, old: Iterable[str]) -> str:
    """Functions that changed; or else files that are newer than the job's results, if few are."""
    hashes = [found[1] for text in old if (found := HASH.fullmatch(str(text)))]
    if known := changes(hashes, version):
        return some(known, FILES)
    script = ROOT / "scripts" / Path(str(job.rule.script)).relative_to("../scripts")
    made = min(Path(path).stat().st_mtime for path in job.output if Path(path).exists())
    code = modules(script, ROOT)
    files = code | {asset for path in code for asset in assets(path)}
    newer = sorted(str(path.relative_to(ROOT)) for path in files if path.stat().st_mtime > made)
    named = ", ".join(newer) if len(newer) <= FILES else ""
    return named or f"{script.name} or what it imports"


def _values(texts: Iterable[str]) -> list[Any]:
    """Values that Snakemake recorded as texts, but for hashes of code."""
    found = []
    for text in sorted(map(str, texts)):
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            continue
        if not HASH.fullmatch(text):
            found.append(value)
    return found


def setting_changes(name: str, value: Any, old: Sequence[Any]) -> list[str]:
    """What changed in a parameter, if among earlier values there is just one that it may have had.

    Parameters
    ----------
    name : str
    value : object
        What it is now.
    old : sequence
        Earlier values of the parameters that changed, in no order.

    Returns
    -------
    list of str
        As ``decoder.alphas: [100] → [10]``; the name alone where its earlier value is not known.
    """
    alike = [one for one in old if _kind(one) == _kind(value)]
    if isinstance(value, Mapping) and alike:
        shared = [len(one.keys() & value.keys()) for one in alike]
        if shared.count(max(shared)) == 1 and max(shared):
            return _leaves(name, alike[shared.index(max(shared))], value)
        return [name]
    if len(alike) == 1:
        return [f"{name}: {_short(alike[0])} → {_short(value)}"]
    return [name]


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "block"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return "list" if isinstance(value, list | tuple) else type(value).__name__


def _leaves(name: str, old: Any, new: Any) -> list[str]:
    """Settings that differ inside two blocks, or the two values."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = dict.fromkeys([*old, *new])
        return [
            line
            for key in keys
            if old.get(key, NOTHING) != new.get(key, NOTHING)
            for line in _leaves(f"{name}.{key}", old.get(key, NOTHING), new.get(key, NOTHING))
        ]
    return [f"{name}: {_short(old)} → {_short(new)}"]


def _short(value: Any) -> str:
    text = "nothing" if value is NOTHING else repr(value)
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 3]}..."


def _inputs(persistence: Any, job: Any) -> str:
    """Which input files came and went, as far as they are recorded."""
    recorded = next((found for path in job.output if (found := persistence.input(path))), None)
    now = {str(path) for path in job.input}
    if recorded is None:
        return "it takes other input files"
    came, went = sorted(now - set(recorded)), sorted(set(recorded) - now)
    told = [f"reads {some(came, FILES)} now"] if came else []
    told += [f"no longer reads {some(went, FILES)}"] if went else []
    return ", ".join(told) or "it takes its input files in another order"
