"""Claims of verdicts.tsv: what a brain's gain is made of, in worlds where that is known.

Which images students name right is simulated as for other claims of students. A brain gains 2.5
points by what is true of its soft labels, and so does every control that keeps that; all others
gain nothing, so that each difference on which a verdict stands is 2.5 points or none. Students of
soft labels that are drawn or dealt anew have other luck with each seed, those of the brain share
one. The last claims train students.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from neuroloop.distill.ablation import REFERENCE, Group, compare_teachers
from neuroloop.distill.image_test import AssignedStudents, draw_assignments
from neuroloop.distill.teaching import teach
from neuroloop.report.answers.verdicts import (
    CLASSES,
    DEALT_ANEW,
    GAIN,
    KEPT,
    NO_GAIN,
    NO_SOFTNESS,
    NONE,
    OF_CLASSES,
    OF_IMAGES,
    SOFTNESS,
    verdicts,
)
from tests.calibrate.claim import Claim
from tests.calibrate.students import Predictions, trained

#: Students of each teacher, test images, and students of each of so many deals of soft labels.
SEEDS, IMAGES, DEALS, OF_A_DEAL = 20, 1000, 39, 5

#: As in the demo, 91 % are named right. What 2.5 points more are there; the luck of a student, 0.8
#: points; and that of a deal of soft labels, from image to image and for all, 0.3 points.
EASIER, GAINED, STUDENT, LUCK = 0.6, 0.28, 0.085, (0.3, 0.03)

#: Resamples of bootstraps.
N_BOOT = 300

#: What of a brain's soft labels teaches: the verdict that is right, and who keeps it as well.
NOTHING, IMAGE = "nothing", "image"
RIGHT = {NOTHING: NO_GAIN, SOFTNESS: GAIN, CLASSES: OF_CLASSES, IMAGE: OF_IMAGES}
KEEPERS = {
    NOTHING: (),
    SOFTNESS: tuple(name for names in KEPT.values() for name in names),
    CLASSES: KEPT[CLASSES],
    IMAGE: (),
}

#: Verdicts that claim nothing that is not true.
TRUE = {
    NOTHING: (NO_GAIN,),
    SOFTNESS: (NO_GAIN, GAIN),
    CLASSES: (NO_GAIN, GAIN, NO_SOFTNESS, OF_CLASSES),
    IMAGE: (NO_GAIN, GAIN, NO_SOFTNESS, OF_IMAGES),
}

#: Controls whose soft labels no seed draws anew.
FIXED = ("smooth", "classmean")

#: Subject, region, decoder and student of all.
BRAIN = ("S1", "V1", "ridge", "small")


def verdict(generator: np.random.Generator, truth: str) -> str:
    """What is said of a brain of which this is true."""
    world = Predictions(generator, SEEDS, IMAGES, STUDENT)
    world.ease += EASIER
    teaches = truth != NOTHING  # what does nothing has no luck either
    gains = {name: GAINED * (name in KEEPERS[truth]) for names in KEPT.values() for name in names}
    groups = [
        world.group(REFERENCE, NONE, world.students()),
        world.group("S1", "brain", world.students(teaches * (GAINED + _luck(world, 1)))),
    ]
    for name, gain in gains.items():
        luck = 0.0 if name in FIXED else teaches * _luck(world, SEEDS)
        groups.append(world.group("S1", name, world.students(gain + luck)))
    few = Predictions(generator, OF_A_DEAL, IMAGES, STUDENT)
    few.ease = world.ease[:OF_A_DEAL]  # whose students are of the same images and seeds
    accuracies = [
        few.students(gains[DEALT_ANEW] + teaches * luck).mean(axis=1)
        for luck in _luck(world, DEALS)
    ]
    dealt = {BRAIN: AssignedStudents(np.stack(accuracies), list(range(OF_A_DEAL)))}
    return judged(groups, dealt, generator)


def judged(
    groups: Sequence[Group],
    dealt: Mapping[tuple[str, ...], AssignedStudents],
    generator: np.random.Generator,
) -> str:
    """The product's verdict on the only brain."""
    table = compare_teachers(groups, int(generator.integers(2**31)), N_BOOT, dealt)
    return str(verdicts(table)["verdict"].item())


def wrong(generator: np.random.Generator, truth: str) -> float:
    """0, as a p, where a verdict claims what is not true."""
    return float(verdict(generator, truth) in TRUE[truth])


def right(generator: np.random.Generator, truth: str) -> float:
    """1 where the verdict is all of the truth."""
    return float(verdict(generator, truth) == RIGHT[truth])


def _luck(world: Predictions, deals: int) -> np.ndarray:
    """Of each deal of soft labels: shape (deals, images)."""
    of_images, of_all = LUCK
    own = of_images * world.generator.standard_normal((deals, world.shape[1]))
    return own + of_all * world.generator.standard_normal((deals, 1))


#: Images of three classes that trained students learn from, and the share of them whose label is
#: not what they show.
LABELS, ASTRAY = np.arange(36) % 3, 0.6


def trained_verdict(generator: np.random.Generator, truth: str, seeds: int = 8) -> str:
    """The same of students that are trained, on a brain that is drawn.

    Most labels name another class than the image shows: always the one before it, which soft labels
    of classes can tell, or any, which takes those of images.
    """
    astray = generator.random(len(LABELS)) < ASTRAY
    step = 1 if truth == CLASSES else generator.integers(1, 3, len(LABELS))
    shown = (LABELS + astray * step) % 3
    soft = _soft_labels(generator, truth, shown)
    controls = [name for names in KEPT.values() for name in names]
    numbers = generator.integers(2**31, size=seeds).tolist()
    taught = [50 * np.eye(3)[LABELS]] * seeds  # no more than the labels
    for name in ("brain", *controls):
        taught += [teach(name, LABELS, 3, 1.0, generator, soft) for _ in numbers]
    deals = draw_assignments(LABELS, DEALS, generator)
    taught += [soft[deal] for deal in deals for _ in range(2)]
    of_each = numbers * (2 + len(controls)) + numbers[:2] * DEALS
    hits = trained(generator, np.stack(taught).astype(np.float32), LABELS, of_each, shown)
    of_teachers, of_deals = np.split(hits, [-2 * DEALS])
    world = Predictions(generator, seeds, hits.shape[1])
    places = [(REFERENCE, NONE), ("S1", "brain"), *(("S1", name) for name in controls)]
    groups = [
        world.group(*place, own)
        for place, own in zip(places, np.split(of_teachers, len(places)), strict=True)
    ]
    accuracies = of_deals.mean(axis=1).reshape(DEALS, 2)
    return judged(groups, {BRAIN: AssignedStudents(accuracies, [0, 1])}, generator)


def _soft_labels(generator: np.random.Generator, truth: str, shown: np.ndarray) -> np.ndarray:
    """Logits of a brain, out of fold: of the image, of what its label usually is, or of neither."""
    usual = np.log([1 - ASTRAY, ASTRAY, 0.02])
    known = {
        NOTHING: 2 * np.eye(3)[LABELS],
        CLASSES: np.stack([np.roll(usual, label) for label in LABELS]),
        IMAGE: 3 * np.eye(3)[shown],
    }
    return (known[truth] + 0.5 * generator.standard_normal((len(LABELS), 3))).astype(np.float32)


CLAIMS = [
    Claim(
        f"verdict-{kind}-of-{truth}",
        "power" if kind == "right" else "test",
        partial(study, truth=truth),
        f"a brain whose soft labels teach {what}, by 2.5 points: "
        f"{SEEDS} seeds, {IMAGES:,} images; {promise}",
        "seeds x images x assignments",
        seconds=0.12,
    )
    for kind, study, promise in (
        ("wrong", wrong, "the verdict claims what is not true"),
        ("right", right, "the verdict says so"),
    )
    for truth, what in (
        (NOTHING, "nothing"),
        (SOFTNESS, "softness alone"),
        (CLASSES, "the structure of classes alone"),
        (IMAGE, "what is the image's own"),
    )
]
