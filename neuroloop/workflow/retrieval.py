"""Which public files a config reads, and where they come from."""

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from neuroloop.files.download_registry import Source, find
from neuroloop.workflow.configuration import ConfigError, expand_path


def configured_files(config: Mapping[str, Any], registry: Mapping[str, Source]) -> list[str]:
    """Names of the registry's files that ``run:`` needs and that have an address.

    Parameters
    ----------
    config : mapping
        The whole config.
    registry : mapping of str to Source
        The registry of downloads.
    """
    paths = {
        text
        for name in config["run"]
        for kind in ("datasets", "areas", "radiographs")
        for text in _strings(config.get(kind, {}).get(name, []))
    }
    return [name for name, source in registry.items() if source.url and source.path in paths]


def destinations(
    config: Mapping[str, Any], registry: Mapping[str, Source], missing: MutableMapping[str, str]
) -> Callable[[Any], str]:
    """Function of the wildcards that says where their file belongs, for params.

    Where the data folder is not known, the reason goes into `missing`, so that a run stops before
    its first job.
    """

    def destination(wildcards: Any) -> str:
        path = registry[wildcards.file].path
        try:
            return str(expand_path(path, config["data_folder"]))
        except ConfigError as error:
            missing[path] = str(error)
            return path

    return destination


def origin(registry: Mapping[str, Source], path: str) -> str:
    """Say where an input comes from, for the message that it is missing.

    Parameters
    ----------
    registry : mapping of str to Source
        The registry of downloads.
    path : str
        Input as the config names it, relative to the data folder.
    """
    source = find(registry, path)
    if source is None:
        return "it is in no public archive that neuroloop/files/datasets.tsv lists"
    if source.url:
        return f"the target `retrieve` with the same --configfile fetches it from {source.page}"
    return f"get it from {source.page} ({source.note})"


def _strings(block: Any) -> set[str]:
    """All strings in a block of the config, the paths of input data among them."""
    if isinstance(block, str):
        return {block}
    parts = block.values() if isinstance(block, Mapping) else block
    return set().union(*map(_strings, parts)) if isinstance(block, Mapping | list) else set()
