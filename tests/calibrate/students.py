"""Claims of students and their teachers: rows of comparisons.tsv, and what metrics.json says.

Predictions are simulated: an image is easy or hard, a seed lucky or not, for students of every
teacher; each student has luck of its own, and so has each assignment of soft labels to images,
in which all students share that learn from it. The last two claims train students, and so tell that
this is fair.
"""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
from scipy.special import ndtr

from neuroloop.distill.ablation import KEYS, REFERENCE, Group, compare_teachers
from neuroloop.distill.image_test import AssignedStudents, draw_assignments
from neuroloop.distill.student_scores import score_students
from neuroloop.distill.teaching import teach
from tests.calibrate.claim import Claim

#: Resamples of bootstraps.
N_BOOT = 1000

#: Standard deviations of what students of an image, a seed, a student and an assignment share; the
#: last differs from image to image, and besides is good or bad for all.
IMAGE, SEED, STUDENT, ASSIGNMENT = 1.5, 0.15, 0.1, (0.3, 0.1)

#: What a teacher that misleads costs.
MISLED = -1.5

Outcome = tuple[float, float, float] | None


class Predictions:
    """Which images simulated students name right.

    Parameters
    ----------
    generator : Generator
    seeds, images : int
    luck : float
        Standard deviation of a student's own luck.
    """

    def __init__(
        self, generator: np.random.Generator, seeds: int, images: int, luck: float = STUDENT
    ) -> None:
        self.generator, self.luck, self.shape = generator, luck, (seeds, images)
        ease = IMAGE * generator.standard_normal(images) + SEED * generator.standard_normal(
            (seeds, 1)
        )
        self.ease = ease + 1.8

    def assignment(self, count: int = 1) -> np.ndarray:
        """What assignments add, to all seeds alike: shape (count, images)."""
        of_images, of_all = ASSIGNMENT
        own = of_images * self.generator.standard_normal((count, self.shape[1]))
        return own + of_all * self.generator.standard_normal((count, 1))

    def students(self, added: np.ndarray | float = 0.0) -> np.ndarray:
        """Hits of students, one a seed."""
        own = self.luck * self.generator.standard_normal((self.shape[0], 1))
        noise = self.generator.standard_normal(self.shape)
        return self.ease + own + added + noise > 0

    def difference(self, gain: float) -> float:
        """Difference that a gain makes in accuracy, on these images and seeds."""
        spread = np.sqrt(1 + self.luck**2 + ASSIGNMENT[0] ** 2 + ASSIGNMENT[1] ** 2)
        return float((ndtr((self.ease + gain) / spread) - ndtr(self.ease / spread)).mean())

    def group(self, subject: str, teacher: str, hits: np.ndarray) -> Group:
        """Students as the ablation takes them."""
        place = (REFERENCE,) * 3 if subject == REFERENCE else (subject, "V1", "ridge")
        seeds, images = (list(range(length)) for length in self.shape)
        keys = dict(zip(KEYS, (*place, teacher, "small"), strict=True))
        return Group(keys, hits, [str(number) for number in images], seeds, 0.1)


def compared(
    world: Predictions,
    subjects: int,
    teachers: Mapping[str, float],
    gain: float = 0.0,
    assignments: int = 0,
    n_boot: int = N_BOOT,
) -> pd.DataFrame:
    """Comparisons of brains that know nothing but the class, or add `gain` besides.

    Students of ``brain`` share an assignment over seeds, those of ``withinclass`` have one each.
    """
    seeds = world.shape[0]
    groups = [world.group(REFERENCE, "none", world.students())]
    assigned = {}
    for subject in (f"S{number}" for number in range(subjects)):
        of_brain = world.students(world.assignment() + gain)
        groups.append(world.group(subject, "brain", of_brain))
        groups.append(world.group(subject, "withinclass", world.students(world.assignment(seeds))))
        for teacher, shift in teachers.items():
            groups.append(world.group(subject, teacher, world.students(shift)))
        if assignments:
            each = [world.students(added).mean(axis=1) for added in world.assignment(assignments)]
            dealt = AssignedStudents(np.stack(each), list(range(seeds)))
            assigned[subject, "V1", "ridge", "small"] = dealt
    return compare_teachers(groups, int(world.generator.integers(2**31)), n_boot, assigned)


def row(table: pd.DataFrame, subject: str, control: str) -> pd.Series:
    """What is said of the brain and a control."""
    at = (table["subject"] == subject) & (table["control"] == control)
    return table[at & (table["teacher"] == "brain")].iloc[0]


def image_test_p(generator: np.random.Generator, subjects: int, seeds: int, count: int) -> float:
    """Brains that know the class alone; the mean over subjects where there are several."""
    world = Predictions(generator, seeds, 200)
    table = compared(world, subjects, {}, assignments=count, n_boot=2)
    return float(row(table, "S0" if subjects == 1 else "mean", "withinclass")["p"])


def image_test_interval(generator: np.random.Generator, subjects: int, gain: float) -> Outcome:
    """Brains that add something to every image."""
    world = Predictions(generator, 2, 200)
    table = compared(world, subjects, {}, gain=gain, assignments=39, n_boot=2)
    found = row(table, "S0" if subjects == 1 else "mean", "withinclass")
    return found["ci_low"], found["ci_high"], world.difference(gain)


def teacher_that_adds_nothing(
    generator: np.random.Generator, subject: str, subjects: int, seeds: int, luck: float
) -> tuple[float, tuple[float, float]] | None:
    """Students of brains whose soft labels do nothing, less those of no teacher, who are shared."""
    world = Predictions(generator, seeds, 300, luck)
    groups = [world.group(REFERENCE, "none", world.students())]
    groups += [world.group(f"S{n}", "brain", world.students()) for n in range(subjects)]
    table = compare_teachers(groups, int(generator.integers(2**31)), N_BOOT)
    found = row(table, subject, "none")
    if np.isnan(found["p"]):
        return None
    return float(found["p"]), (float(found["ci_low"]), float(found["ci_high"]))


def no_gain_p(generator: np.random.Generator, **world: object) -> float | None:
    """Its p."""
    found = teacher_that_adds_nothing(generator, **world)  # type: ignore[arg-type]
    return found and found[0]


def no_gain_interval(generator: np.random.Generator, **world: object) -> Outcome:
    """Its interval."""
    found = teacher_that_adds_nothing(generator, **world)  # type: ignore[arg-type]
    return found and (*found[1], 0.0)


def group_knows_classes(
    generator: np.random.Generator, subjects: int, kind: str
) -> float | Outcome:
    """People whose brains know the class alone, against their own soft labels within classes."""
    found = row(compared(Predictions(generator, 3, 200), subjects, {}), "group", "withinclass")
    if kind == "test":
        return float(found["p"])
    return float(found["ci_low"]), float(found["ci_high"]), 0.0


def any_false(generator: np.random.Generator, family: str) -> float:
    """Least q of a family in a table in which no teacher does anything, but one that misleads."""
    world = Predictions(generator, 5, 150)
    teachers = {"smooth": 0.0, "classmean": 0.0, "rowshuffled": MISLED}
    table = compared(world, 3, teachers, assignments=39, n_boot=200)
    return float(table.loc[table["family"] == family, "q"].min())


def ignorant_students_p(generator: np.random.Generator, classes: int) -> float:
    """Students of five seeds that prefer some classes whatever the image, of unequal numbers."""
    truth = generator.choice(classes, size=100, p=generator.dirichlet(np.full(classes, 4.0)))
    liked = generator.standard_normal((5, 1, classes))
    alike = generator.standard_normal((1, 100, classes))  # what an image looks like to all seeds
    own = generator.standard_normal((5, 100, classes))
    seed = int(generator.integers(2**31))
    return float(score_students(liked + alike + own, truth, seed)["p"])


def students_accuracy(generator: np.random.Generator, seeds: int) -> Outcome:
    """Accuracy of the students of one teacher, for other seeds and images."""
    world = Predictions(generator, seeds, 300)
    hits = world.students()
    logits = np.stack([hits, ~hits], axis=2).astype(float)
    found = score_students(logits, np.zeros(300, dtype=int), int(generator.integers(2**31)))
    spread = np.sqrt(1 + IMAGE**2 + SEED**2 + STUDENT**2)
    return found["ci_low"], found["ci_high"], float(ndtr(1.8 / spread))


def trained(
    generator: np.random.Generator,
    taught: np.ndarray | None,
    labels: np.ndarray,
    seeds: list[int],
    shown: np.ndarray | None = None,
) -> np.ndarray:
    """Hits of the product's own students, small ones on small images: shape (students, images).

    Images show the classes of their labels, or those in `shown`.

    A student learns from the labels as they are and from the soft labels alike (alpha 0.5 and T
    1), and starts and batches by its seed.
    """
    import torch

    from neuroloop.config.students import Student as Block
    from neuroloop.distill.students import Student, train_students

    torch.set_num_threads(1)
    tests = np.arange(150) % 3
    looks = np.kron(generator.choice([70, 180], size=(3, 1, 2, 2)), np.ones((3, 3)))

    def pixels(classes: np.ndarray) -> np.ndarray:
        drawn = looks[classes] + generator.normal(0, 30, size=(len(classes), 1, 6, 6))
        return np.clip(drawn, 0, 255).astype(np.uint8)

    own = {"width": 4, "crop": 6, "pad": 0, "epochs": 25, "batch_size": 18}
    block = Block(**own, batched_networks=len(seeds), temperature=1.0, alpha=0.0)
    student = Student.from_block(block.model_dump())
    result = train_students(
        pixels(labels if shown is None else shown),
        labels,
        taught,
        pixels(tests),
        3,
        student,
        seeds,
        torch.device("cpu"),
    )
    return np.asarray(result.logits.argmax(axis=2) == tests)


#: Classes of the six images each that the trained students learn.
LABELS = np.arange(18) % 3


def brain_of_classes(generator: np.random.Generator) -> np.ndarray:
    """Soft labels that know the class, with noise that has nothing to do with the image."""
    return 4 * np.eye(3)[LABELS] + generator.normal(0, 8, size=(len(LABELS), 3))


def trained_image_test(generator: np.random.Generator) -> float:
    """The image test of a brain that knows the class alone, by trained students."""
    drawn = draw_assignments(LABELS, 19, generator)
    soft = brain_of_classes(generator)
    taught = soft[np.concatenate([[np.arange(len(LABELS))], drawn])].astype(np.float32)
    hits = trained(generator, taught, LABELS, [int(generator.integers(2**31))] * 20)
    world = Predictions(generator, 1, hits.shape[1])
    groups = [
        world.group(*place, hits[:1])
        for place in [(REFERENCE, "none"), ("S0", "brain"), ("S0", "withinclass")]
    ]
    dealt = AssignedStudents(hits[1:].mean(axis=1)[:, None], [0])
    table = compare_teachers(groups, 0, 2, {("S0", "V1", "ridge", "small"): dealt})
    return float(row(table, "S0", "withinclass")["p"])


def trained_group(generator: np.random.Generator) -> float | None:
    """Three people whose brains know the class alone, three seeds, by trained students."""
    seeds = generator.integers(2**31, size=3).tolist()
    taught = []
    for _ in range(3):
        soft = brain_of_classes(generator).astype(np.float32)
        taught += [soft] * 3
        taught += [teach("withinclass", LABELS, 3, 1.0, generator, soft) for _ in seeds]
    hits = trained(generator, np.stack(taught), LABELS, seeds * 6).reshape(3, 2, 3, -1)
    world = Predictions(generator, 3, hits.shape[-1])
    groups = [world.group(REFERENCE, "none", hits[0, 0])]
    for subject, pair in enumerate(hits):
        for teacher, one in zip(("brain", "withinclass"), pair, strict=True):
            groups.append(world.group(f"S{subject}", teacher, one))
    found = row(compare_teachers(groups, 0, 2), "group", "withinclass")
    return None if np.isnan(found["p"]) else float(found["p"])


CLASS_ALONE = "simulated students of brains that know the class alone"

CLAIMS = [
    *(
        Claim(
            f"image-test-{subjects}-brains-{count}-assignments",
            "test",
            partial(image_test_p, subjects=subjects, seeds=2, count=count),
            f"{CLASS_ALONE}, {count} assignments"
            + (f", mean of {subjects} people" if subjects > 1 else ""),
            "assignments",
            studies=2000,
            seconds=0.008,
        )
        for subjects, count in [(1, 19), (1, 39), (1, 99), (3, 39)]
    ),
    *(
        Claim(
            f"image-test-interval-{subjects}-brains-{name}",
            "interval",
            partial(image_test_interval, subjects=subjects, gain=gain),
            f"{CLASS_ALONE}, and {name} of each image, 39 assignments",
            "assignments",
            studies=2000,
            seconds=0.008,
        )
        for subjects, gain, name in [
            (1, 0.0, "nothing"),
            (1, 0.3, "something"),
            (3, 0.3, "something"),
        ]
    ),
    *(
        Claim(
            f"gain-{kind}-{row_of}-{subjects}-subjects-{seeds}-seeds",
            kind,
            partial(study, subject=subject, subjects=subjects, seeds=seeds, luck=luck),
            f"simulated students of teachers that do nothing: row {row_of} of {subjects} subjects, "
            f"{seeds} seeds",
            "subjects x seeds x images" if subject == "group" else "seeds x images",
            studies=2000,
            seconds=0.005 + 0.003 * subjects,
        )
        for kind, study in [("test", no_gain_p), ("interval", no_gain_interval)]
        for subject, row_of, subjects, seeds, luck in [
            ("S0", "single", 1, 3, 0.1),
            ("S0", "single", 1, 10, 0.25),
            ("mean", "mean", 2, 10, 0.25),
            ("mean", "mean", 3, 3, 0.25),
            ("mean", "mean", 5, 10, 0.25),
            ("group", "group", 3, 3, 0.25),
            ("group", "group", 3, 10, 0.25),
            ("group", "group", 5, 10, 0.25),
        ]
    ),
    *(
        Claim(
            f"group-{kind}-of-images-{subjects}-subjects",
            kind,
            partial(group_knows_classes, subjects=subjects, kind=kind),
            f"{CLASS_ALONE}, row group of {subjects}",
            "subjects x seeds x images",
            studies=2000,
            seconds=0.005 * subjects,
        )
        for kind in ("test", "interval")
        for subjects in (3, 5)
    ),
    *(
        Claim(
            f"any-false-q-among-{family}",
            "test",
            partial(any_false, family=family),
            "simulated table of three people: no teacher does anything, but one misleads",
            unit,
            studies=2000,
            seconds=0.025,
        )
        for family, unit in [
            ("gains", "seeds x images"),
            ("images", "assignments"),
            ("people", "subjects x seeds x images"),
        ]
    ),
    *(
        Claim(
            f"students-know-classes-{classes}",
            "test",
            partial(ignorant_students_p, classes=classes),
            f"simulated students that prefer some of {classes} classes whatever the image",
            "images",
            studies=1000,
            seconds=0.025,
        )
        for classes in (2, 10)
    ),
    *(
        Claim(
            f"students-accuracy-of-{seeds}-seeds",
            "interval",
            partial(students_accuracy, seeds=seeds),
            f"simulated students of {seeds} seeds on 300 images",
            "seeds x images",
            studies=500,
            seconds=0.05,
        )
        for seeds in (3, 10)
    ),
    Claim(
        "image-test-trained",
        "test",
        trained_image_test,
        "students, trained, of a brain that knows the class alone, 19 assignments",
        "assignments",
        studies=500,
        seconds=0.56,
    ),
    Claim(
        "group-of-images-trained",
        "test",
        trained_group,
        "students, trained, of three people whose brains know the class alone, 3 seeds",
        "subjects x seeds x images",
        studies=500,
        seconds=0.56,
    ),
]
