"""What rules get on a site: those that ask for a GPU its partition, all of them its limits."""

from collections.abc import Iterable, Mapping
from typing import Any

from snakemake.resources import Resource

#: Default resources of a profile that are for rules with a GPU alone, and what they stand for.
FOR_GPUS = {
    "gpu_partition": "slurm_partition",
    "gpu_qos": "qos",
    "gpu_constraint": "constraint",
    "gpu_type": "gpu_model",
    "gpu_lsf_queue": "lsf_queue",
    "gpu_lsf_extra": "lsf_extra",
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
        asked, own = rule.resources._data, overwritten.get(rule.name, {})
        names = (*FOR_GPUS, REQUEST, MEMORY)
        stated = {name: asked.pop(name) for name in names if name in asked}
        if MEMORY in stated and "mem_mb" in asked and "mem_mb" not in own:
            asked["mem_mb"] = at_most(asked["mem_mb"], stated[MEMORY])
        gpu = asked.get("gpu")
        if gpu is None:
            continue
        for name in stated.keys() & FOR_GPUS.keys():
            meant = FOR_GPUS[name]
            if meant not in own:
                asked[meant] = only_with(gpu, meant, stated[name], asked.get(meant))
        by_gres = REQUEST in stated and stated[REQUEST].raw.strip("'\"") == "gres"
        if by_gres and "gres" not in own:
            asked["gres"] = as_gres(asked.pop("gpu"), asked.pop("gpu_model", None))


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
