"""Teaching students with a simulated brain under a protocol, by the product's own functions."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from neuroloop.config.students import Student as Block
from neuroloop.distill.ablation import KEYS, REFERENCE, Group, compare_teachers, needs_no_brain
from neuroloop.distill.loss import Distillation
from neuroloop.distill.student_views import Views
from neuroloop.distill.students import Student, build
from neuroloop.distill.teaching import teach
from neuroloop.images.preparation import Prepared
from neuroloop.jobs.seeds import derive_seed, numpy_generator
from neuroloop.networks.resnet import ResNet
from neuroloop.published.protocol import Protocol
from neuroloop.published.world import CATEGORIES, labels
from neuroloop.training.loop import fit, predict

#: Students of a teacher, and teachers that a brain has to beat.
SEEDS, CONTROLS = 3, ("none", "smooth", "matchednoise")

#: Test images, and other images that tell what students truly know.
TESTS, OTHERS = 120, 600

#: What students are and how they learn.
BLOCK = Block(width=4, crop=6, pad=1, flip=True, epochs=12, batch_size=36)

#: Side of the images in pixels, and standard deviation of their noise in grey levels.
SIDE, NOISE = 6, 60

#: Resamples of the product's intervals.
N_BOOT = 500


@dataclass(frozen=True, eq=False)
class Taught:
    """What a study says of students.

    Attributes
    ----------
    overstated : float
        Reported accuracy of the brain's students, less what they reach on many other images after
        the last epoch, in percentage points.
    gain : float
        Their reported accuracy less that of the best control's students, in percentage points.
    claimed : bool
        Whether a gain is claimed.
    """

    overstated: float
    gain: float
    claimed: bool


@dataclass(frozen=True, eq=False)
class Students:
    """Students of one teacher, one a seed.

    Attributes
    ----------
    hits : ndarray of bool, shape (seeds, test images)
        As they are reported.
    truth : float
        Share of the other images that they name right after the last epoch.
    """

    hits: np.ndarray
    truth: float


class Pictures:
    """Images of which each category has a look of its own, which noise hides.

    Parameters
    ----------
    generator : Generator
    """

    def __init__(self, generator: np.random.Generator) -> None:
        self.generator = generator
        coarse = generator.choice([90, 160], size=(CATEGORIES, 1, 2, 2))
        self.looks = np.kron(coarse, np.ones((SIDE // 2, SIDE // 2)))

    def draw(self, categories: np.ndarray) -> np.ndarray:
        """Images of these categories, uint8 of shape (images, 1, side, side)."""
        noise = self.generator.normal(0, NOISE, size=(len(categories), 1, SIDE, SIDE))
        return np.clip(self.looks[categories] + noise, 0, 255).astype(np.uint8)


def taught(logits: np.ndarray, protocol: Protocol, seed: int) -> Taught:
    """Teach students with a brain's soft labels and with controls, and compare as a protocol does.

    Parameters
    ----------
    logits : ndarray, shape (images, classes)
        Of the brain, rows as `world.image_ids`.
    protocol : Protocol
    seed : int
        Of images, controls and students.
    """
    pictures = Pictures(numpy_generator(seed, "pictures"))
    shown = {"images": pictures.draw(labels()), "tests": pictures.draw(in_turn(TESTS))}
    shown["others"] = pictures.draw(in_turn(OTHERS))
    seeds = [derive_seed(seed, "student", one) for one in protocol.seeds(range(SEEDS))]
    given = {}
    for name in ("brain", *protocol.controls(CONTROLS)):
        drawn = numpy_generator(seed, "teacher", name)
        given[name] = teach(name, labels(), CATEGORIES, BLOCK.temperature, drawn, logits)
    students = train(shown, given, seeds, protocol)
    groups = [_group(name, one) for name, one in students.items()]
    table = compare_teachers(groups, seed, N_BOOT)
    against = table[table["teacher"] == "brain"]
    gain = 100 * float(against["difference"].min())
    strict = bool(((against["difference"] > 0) & (against["p"] <= 0.05)).all())
    brain = students["brain"]
    overstated = 100 * (float(brain.hits.mean()) - brain.truth)
    return Taught(overstated, gain, bool(protocol.claimed(strict, gain)))


def _group(teacher: str, students: Students) -> Group:
    """Students as the product compares them."""
    place = (REFERENCE,) * 3 if needs_no_brain(teacher) else ("S1", "V1", "ridge")
    keys = dict(zip(KEYS, (*place, teacher, "small"), strict=True))
    seeds, images = students.hits.shape
    ids = [str(image) for image in range(images)]
    return Group(keys, students.hits, ids, list(range(seeds)), 1 / CATEGORIES)


def train(
    shown: Mapping[str, np.ndarray],
    teachers: Mapping[str, np.ndarray | None],
    seeds: list[int],
    protocol: Protocol,
) -> dict[str, Students]:
    """Train students of several teachers, watched after every epoch.

    Parameters
    ----------
    shown : mapping
        ``images`` with the labels of `world.labels`, ``tests`` and ``others``, whose categories
        come in turn.
    teachers : mapping of str to ndarray or None
        Logits of each teacher, shape (images, classes); None to learn from labels alone.
    seeds : list of int
    protocol : Protocol
    """
    with_logits = {name: logits for name, logits in teachers.items() if logits is not None}
    made = _train_alike(shown, with_logits, seeds, protocol)
    for name in teachers.keys() - with_logits.keys():
        made |= _train_alike(shown, {name: None}, seeds, protocol)
    return {name: made[name] for name in teachers}


def _train_alike(
    shown: Mapping[str, np.ndarray],
    teachers: Mapping[str, np.ndarray | None],
    seeds: list[int],
    protocol: Protocol,
) -> dict[str, Students]:
    """Train all seeds of teachers, which all have logits or none has, as one batched network."""
    device = torch.device("cpu")
    student = Student.from_block(BLOCK.model_dump())
    members = seeds * len(teachers)
    network = build(student, 1, CATEGORIES, members)
    views = Views(shown["images"], student.crop, student.pad, student.flip, members, device)
    spoilt = [
        protocol.taught(logits, student.temperature)
        for logits in teachers.values()
        if logits is not None
    ]
    taught = np.repeat([logits for logits, _ in spoilt], len(seeds), axis=0) if spoilt else None
    temperature = spoilt[0][1] if spoilt else student.temperature

    def look() -> np.ndarray:
        given = {"views": views, "tests": shown["tests"], "epoch": len(objective.seen)}
        return named(network, protocol.seen(prepared, **given))

    soft = None if taught is None else taught.astype(np.float32)
    objective = Watched(look, views, labels(), soft, temperature, student.alpha)
    fit(network, objective, [len(labels())] * len(members), members, student.recipe)
    objective.seen.append(look())
    hits = np.stack(objective.seen) == in_turn(TESTS)
    reported = hits[protocol.epoch(hits), np.arange(len(members))]
    truth = named(network, prepared(views, shown["others"], 0)) == in_turn(OTHERS)
    by_teacher = zip(*(np.split(one, len(teachers)) for one in (reported, truth)), strict=True)
    return {
        name: Students(own, float(others.mean()))
        for name, (own, others) in zip(teachers, by_teacher, strict=True)
    }


def in_turn(images: int) -> np.ndarray:
    """Categories that come in turn, int of shape (images,)."""
    return np.arange(images) % CATEGORIES


class Watched(Distillation):
    """The product's loss, which looks at the network between epochs and changes nothing.

    Parameters
    ----------
    look : callable
        What is seen after an epoch.
    *given
        Of `Distillation`.
    """

    def __init__(self, look: Callable[[], np.ndarray], *given: Any) -> None:
        super().__init__(*given)
        self.look = look
        self.seen: list[np.ndarray] = []

    def batches(self, epoch: int, order: np.ndarray) -> Iterator[tuple[torch.Tensor, ...]]:
        """As of the product; what the epoch before left is looked at first."""
        if epoch:
            self.seen.append(self.look())
        return super().batches(epoch, order)


def prepared(views: Views, tests: np.ndarray, epoch: int) -> Prepared:
    """Test images as the product shows them: the centre, whatever the epoch."""
    return Prepared(views.preparation, tests)


def named(network: ResNet, inputs: Any) -> np.ndarray:
    """Class that each student names for each image, shape (seeds, images)."""
    return predict(network, inputs, batch=1024).argmax(axis=2).T
