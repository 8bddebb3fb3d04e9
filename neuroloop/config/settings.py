"""What a setting is: its type, default, unit and meaning, said once and read by everything else."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Settings of one block of the config: closed, and fixed once read.

    Every field is made by `setting`, so that it has a meaning and, where it measures something, a
    unit; validation, config/schema.yaml and docs/configuration.md are made of the fields.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def setting(meaning: str, default: Any = ..., *, unit: str = "", **limits: Any) -> Any:
    """Describe a field of `Settings`.

    Parameters
    ----------
    meaning : str
        What it does, in one plain sentence, as docs/configuration.md shows it.
    default : Any
        Value of a config that leaves it out; without one the key must be there.
    unit : str
        E.g. ``"s"``, ``"pixels"``; empty for what has none.
    **limits
        As of pydantic's ``Field``: ``ge``, ``gt``, ``le``, ``lt``, ``min_length`` ...

    Returns
    -------
    FieldInfo
    """
    if unit:
        limits["json_schema_extra"] = {"unit": unit}
    return Field(default, description=meaning, **limits)


#: Key of every block of data.
CITATION = setting(
    "How to cite the data, in one line, as the report shows it; null: not stated.", None
)
