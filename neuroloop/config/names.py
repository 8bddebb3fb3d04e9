"""Kinds of values that many settings have: names, lists of them, counts, shares."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

#: What a name may be, since names are parts of paths.
NAME = "^[A-Za-z0-9][A-Za-z0-9_-]*$"


def different(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse a list that names one thing twice."""
    for place, value in enumerate(values):
        if value in values[:place]:
            raise ValueError(f"{value!r} stands there twice")
    return values


Name = Annotated[str, StringConstraints(pattern=NAME)]
#: A list of different texts, and one that is not empty.
Texts = Annotated[
    tuple[str, ...], AfterValidator(different), Field(json_schema_extra={"uniqueItems": True})
]
SomeTexts = Annotated[
    tuple[str, ...],
    Field(min_length=1, json_schema_extra={"uniqueItems": True}),
    AfterValidator(different),
]
Pair = tuple[str, str]
Pairs = Annotated[
    tuple[Pair, ...], AfterValidator(different), Field(json_schema_extra={"uniqueItems": True})
]
Count = Annotated[int, Field(ge=1)]
Counts = tuple[Count, ...]


def other_than(*taken: str) -> Any:
    """Type of a name that is none of these, which stand for other things in paths and tables."""

    def free(name: str) -> str:
        if name in taken:
            raise ValueError(f"{name!r} is taken: it stands for something else in paths and tables")
        return name

    return Annotated[Name, AfterValidator(free)]
