"""What rules get on a site: those that ask for a GPU its partition and its way to ask; all a limit."""

from collections.abc import Iterable, Mapping
from typing import Any

from snakemake.resources import Resource

#: Default resources of a profile that are for rules with a GPU alone, and what they stand for.
FOR_GPUS = {
    "gpu_partition": "slurm_partition",
    "gpu_qos": "qos",
    "gpu_constraint": "constraint",
    "gpu_type": "gpu_model",
}

#: How a GPU is asked for where the profile says so: by --gpus, or by --gres.
REQUEST = "gpu_request"

#: The most megabytes that a job may ask for.
MEMORY = "largest_memory"


def fit_rules(rules: Iterable[Any], overwritten: Mapping[str, Mapping[str, Any]]) -> None:
    """Give rules what the profile states for them: for those with a GPU, and of memory at most.

    What `--set-resources` states on the command line stays.

    Parameters
    ----------
    rules : iterable of Rule
        Of Snakemake, changed in place.
    overwritten : mapping of str to mapping
        What was stated for single rules.
    """
    for rule in rules:
        stated = {
            name: rule.resources._data.pop(name)
            for name in (*FOR_GPUS, REQUEST, MEMORY)
            if name in rule.resources
        }
        own = overwritten.get(rule.name, {})
        memory = rule.resources.get("mem_mb")
        if MEMORY in stated and memory is not None and "mem_mb" not in own:
            rule.resources["mem_mb"] = at_most(memory, stated[MEMORY])
        gpu = rule.resources.get("gpu")
        if not stated or gpu is None:
            continue
        wanted = {FOR_GPUS[name]: text for name, text in stated.items() if name in FOR_GPUS}
        for name, text in wanted.items():
            if name not in own:
                usual = rule.resources.get(name)
                rule.resources[name] = only_with(gpu, name, text, usual)
        if REQUEST in stated and stated[REQUEST].raw.strip("'\"") == "gres" and "gres" not in own:
            rule.resources["gres"] = as_gres(gpu, rule.resources._data.pop("gpu_model", None))
            del rule.resources._data["gpu"]


def at_most(memory: Resource, most: Resource) -> Resource:
    """Memory that grows with each attempt no further than a node has it."""

    def value(wildcards: Any, **known: Any) -> Any:
        asked, limit = (one.evaluate(wildcards, **known).value for one in (memory, most))
        return min(asked, limit) if isinstance(asked, int) else asked

    return Resource("mem_mb", value)


def only_with(gpu: Resource, name: str, text: Resource, usual: Resource | None) -> Resource:
    """A resource of the jobs of a rule that ask for a GPU, and what its other jobs have."""

    def value(wildcards: Any, **known: Any) -> Any:
        if gpu.evaluate(wildcards, **known).value:
            return text.evaluate(wildcards, **known).value
        return usual.evaluate(wildcards, **known).value if usual else None

    return Resource(name, value)


def as_gres(gpu: Resource, model: Resource | None) -> Resource:
    """The same GPUs, asked for by --gres."""

    def value(wildcards: Any, **known: Any) -> str | None:
        number = gpu.evaluate(wildcards, **known).value
        kind = model.evaluate(wildcards, **known).value if model else None
        return f"gpu:{kind}:{number}" if number and kind else f"gpu:{number}" if number else None

    return Resource("gres", value)
