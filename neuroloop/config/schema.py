"""config/schema.yaml: what is described, in the form that editors check a config by."""

from typing import Any

import yaml

from neuroloop.config.study import NAMED, study
from neuroloop.config.variants import LIKE

#: Where editors find it: the first line of a config may name it.
HEAD = """\
# Written by `python -m neuroloop.config` from the settings that neuroloop/config describes, for
# editors: a preset that begins with the line
#   # yaml-language-server: $schema=schema.yaml
# is completed and checked while it is written. It may leave out any key.
"""


def schema() -> dict[str, Any]:
    """JSON schema of a preset."""
    made = study().model_json_schema()
    names = {model: model.replace(": ", "_") for model in made["$defs"]}
    made = _loosened(made, names)
    made |= {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "NeuroLoop config"}
    for kind in NAMED:
        (block,) = made["properties"][kind]["patternProperties"].values()
        for part in block.get("anyOf", [block]):
            model = made["$defs"][part["$ref"].rpartition("/")[2]]
            model["properties"][LIKE] = {
                "type": "string",
                "description": f"Another block under {kind} that this one builds on.",
            }
            if kind == "classifiers":
                model["properties"]["sweep"] = {
                    "type": "object",
                    "description": "Keys and lists of values: a classifier of each combination.",
                    "additionalProperties": {"type": "array", "minItems": 1},
                }
    return made


def _loosened(part: Any, names: dict[str, str]) -> Any:
    """Without what only a complete config has to fulfil, and without titles."""
    if isinstance(part, list):
        return [_loosened(item, names) for item in part]
    if not isinstance(part, dict):
        if isinstance(part, str) and part.startswith("#/$defs/"):
            return "#/$defs/" + _definition(part.rpartition("/")[2], names)
        return part
    made = {}
    for key, value in part.items():
        if key == "$defs":
            made[key] = {
                _definition(name, names): _loosened(of, names) for name, of in value.items()
            }
        elif key == "properties":
            made[key] = {name: _loosened(of, names) for name, of in value.items()}
        elif key == "oneOf":
            made["anyOf"] = _loosened(value, names)
        elif key not in ("required", "title", "discriminator", "minProperties"):
            made[key] = value if key == "default" else _loosened(value, names)
    return made


def _definition(name: str, names: dict[str, str]) -> str:
    return names.get(name, name)


def schema_file() -> str:
    """Text of config/schema.yaml."""
    return HEAD + yaml.safe_dump(schema(), sort_keys=False, width=100, allow_unicode=True)
