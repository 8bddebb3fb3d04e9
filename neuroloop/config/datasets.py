"""Datasets: brains that were shown images, how they are decoded, and whom they teach."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from neuroloop.config.names import SomeTexts, different
from neuroloop.config.settings import CITATION, Settings, setting

#: Names that stand for other things in paths and tables of subjects.
TAKEN = ("reference", "group", "mean")

Outcome = Literal["calibration", "corruptions", "adversarial", "error_consistency"]
Outcomes = Annotated[
    tuple[Outcome, ...],
    AfterValidator(different),
    Field(json_schema_extra={"uniqueItems": True}),
]


class Loop(Settings):
    """How brains are looked for in the students that they taught."""

    images: Literal["perception"] = setting(
        "Session whose images neither teach students nor make their teachers, each shown several "
        "times.",
        "perception",
    )
    layer: Literal["penultimate", "layer1", "layer2", "layer3", "layer4"] = setting(
        "Features of the students: what the head reads (penultimate), or the maps of a stage, at 4 "
        "x 4 places at most.",
        "penultimate",
    )
    folds: int = setting(
        "Folds of these images; each is predicted by a model of the others.", 5, ge=2
    )


class Teaching(Settings):
    """Students that the dataset's brains and their controls teach."""

    images: Any = setting("Images that students learn and are tested on.")
    decoders: SomeTexts = setting("Decoders whose soft labels teach.")
    teachers: SomeTexts = setting(
        "What teaches (docs/distillation.md); none is among them, since every comparison needs it.",
        ("none", "smooth", "random", "cnn", "brain", "rowshuffled", "withinclass", "classmean"),
    )
    students: SomeTexts = setting("Students, by their names under students.")
    seeds: int = setting("Students of each kind, alike but for their seeds.", 10, ge=2)
    assignments: int = setting(
        "Times that the soft labels of a class are dealt anew to its images, for the exact test of "
        "brain against withinclass: its least p is 1 / (1 + this), and its interval needs 39; 0: "
        "no test.",
        39,
        ge=0,
    )
    assignment_seeds: int = setting("Students of each of these assignments.", 2, ge=1)
    assignment_rois: SomeTexts | None = setting(
        "Regions whose soft labels are dealt anew, if the dataset has them; null: all. The table "
        "says which regions have no test.",
        None,
    )
    cnn_depth: Literal[18, 34, 50] = setting(
        "Layers of the network that is the teacher cnn.", 34, unit="layers"
    )
    cnn_folds: int = setting(
        "Folds of the images of the teachers cnn and gabor: each image is taught by logits of one "
        "that never saw it.",
        5,
        ge=2,
    )
    outcomes: Outcomes = setting(
        "What students are compared by beside accuracy (docs/distillation.md): calibration, "
        "corruptions of the test images, small adversarial steps, error consistency. Those of "
        "images that are spoilt or moved are measured while students train: adding one trains "
        "them again.",
        (),
    )
    loop: Loop | None = setting(
        "How brains are looked for in the students that they taught (docs/distillation.md): `{}` "
        "for all defaults; null: they are not.",
        None,
    )


class Images(Settings):
    """Images of students; the keys of their source stand in the same block."""

    source: str = setting("Where images come from.")
    size: int = setting("Side that images are scaled to.", ge=1, unit="pixels")


class Dataset(Settings):
    """A dataset; the keys of its source stand in the same block."""

    source: str = setting("Where brain data come from.")
    citation: str | None = CITATION
    subjects: dict[str, Any] = setting("Subjects, by name.", min_length=1)
    rois: dict[str, Any] = setting("Regions of interest, by name.", min_length=1)
    folds: int = setting("Folds of the training samples; each is decoded once.", 5, ge=2)
    fold_by: Literal["run", "trial", "stimulus"] = setting(
        "What a fold keeps together: whole runs; trials where no runs are known; all samples of an "
        "image where images are shown again.",
        "run",
    )
    held_out_per_category: int = setting(
        "Images of each category that test the students and teach nobody.", 0, ge=0
    )
    decoders: SomeTexts = setting("Decoders, by their names under decoders.")
    calibration_folds: int = setting(
        "Folds inside each training set that calibrate the decoder's scores.", 3, ge=2
    )
    permutations: int = setting("Permutations of the labels, for p.", 100, ge=1)
    teaching: Teaching | None = setting("Whom the brains teach; null: nobody.", None)
