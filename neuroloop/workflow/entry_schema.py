"""What the schema of configs says of entries of the registries, plugins included."""

from copy import deepcopy
from typing import Any

from neuroloop import registry


def with_entries(schema: dict[str, Any]) -> dict[str, Any]:
    """Fill the names of all entries into the schema, and the settings of decoders that are plugins.

    Parameters
    ----------
    schema : dict
        Of config/schema.yaml.

    Returns
    -------
    dict
    """
    made = deepcopy(schema)
    kinds = made["$defs"]
    kinds["teaching"]["properties"]["teachers"]["items"]["enum"] = [*registry.names("teacher")]
    kinds["classifier"]["properties"]["backbone"]["enum"] = [*registry.names("backbone")]
    explain = made["properties"]["explain"]["properties"]
    explain["methods"]["items"]["enum"] = [*registry.names("method")]
    decoder = kinds["decoder"]
    decoder["properties"]["method"]["enum"] = [*registry.names("decoder")]
    for name in registry.names("decoder"):
        if registry.plugin("decoder", name):
            described = registry.settings("decoder", name).model_json_schema()
            taken = {key: described[key] for key in ("properties", "required") if key in described}
            condition = {"properties": {"method": {"const": name}}}
            decoder["allOf"].append({"if": condition, "then": taken})
    dataset = kinds["dataset"]
    dataset["properties"]["source"]["enum"] = [*registry.names("fmri_source")]
    for name in registry.names("fmri_source"):
        if registry.plugin("fmri_source", name):
            condition = {"properties": {"source": {"const": name}}}
            dataset["allOf"].append({"if": condition, "then": _of_source(name)})
    return made


def _of_source(name: str) -> dict[str, Any]:
    """Blocks of a dataset whose source is a plugin: its settings stand under its name."""
    return {
        "properties": {
            "subjects": {"additionalProperties": {"type": "object"}},
            "rois": {"additionalProperties": {"type": "object", "required": ["voxels"]}},
            name: registry.settings("fmri_source", name).model_json_schema(),
        }
    }
