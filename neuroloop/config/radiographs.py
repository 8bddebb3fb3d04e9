"""Sets of chest radiographs, what is made of them, and the classifiers that are compared."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from neuroloop.config.names import Count, Name, Pair, Pairs, SomeTexts, Texts, different
from neuroloop.config.settings import CITATION, Settings, setting

Case = Literal["case1", "case2", "case3", "case4", "case5", "undersampled", "affine"]
Cases = Annotated[tuple[Case, ...], Field(min_length=1), AfterValidator(different)]
Members = Annotated[tuple[str, ...], Field(min_length=2), AfterValidator(different)]


class Radiographs(Settings):
    """A set of radiographs; the keys of its source stand in the same block."""

    source: str = setting("Where radiographs come from.")
    citation: str | None = CITATION
    size: int = setting("Side that radiographs are scaled to.", 128, ge=32, unit="pixels")
    folds: Annotated[int, Field(ge=2)] | Literal["holdout"] = setting(
        "Folds of the patients; or holdout: 8 : 1 : 1 of the patients.", 5
    )
    repeats: int = setting(
        "Partitions of the patients into folds that heads on frozen features are trained on; "
        "networks that are trained deeper keep the first.",
        5,
        ge=1,
    )
    repeats_of: dict[Name, Count] = setting(
        "Partitions of single classifiers, deep ones too; a sweep's name stands for all that it "
        "makes.",
        {},
    )
    views: int = setting("Augmented views of each radiograph.", 1, ge=0)
    cases: Cases = setting(
        "What is balanced by what; docs/radiographs.md lists the cases.", ("case1", "case5")
    )
    classifiers: SomeTexts = setting("Classifiers, by their names under classifiers.")
    cases_of: dict[Name, Cases] = setting(
        "Cases of single classifiers, instead of those of all; a sweep's name stands for all that "
        "it makes.",
        {},
    )
    contrast: Annotated[Pair, AfterValidator(different)] | None = setting(
        "Two classes whose distinction has an AUC of its own; null: none.", None
    )
    baseline: Pair | None = setting(
        "Case and classifier that the others are compared with; null: none.", None
    )
    ensembles: tuple[Members, ...] = setting(
        "Lists of classifiers whose probabilities are averaged as well.", ()
    )
    leakage: Pairs = setting(
        "Cases and classifiers that are trained once more with radiographs of a patient on both "
        "sides of the split.",
        (),
    )
    new_sites: Pairs = setting(
        "Cases and classifiers that are trained once more with each site left out, where the "
        "manifest has a column site.",
        (),
    )
    maps: Pairs = setting("Cases and classifiers whose CAM and Grad-CAM are drawn.", ())
    external: Texts = setting("Other sets of radiographs that the classifiers are tested on.", ())
    bootstraps: int = setting("Resamples of patients, for intervals.", 2000, ge=100)
