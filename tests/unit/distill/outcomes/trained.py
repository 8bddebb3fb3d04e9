"""Two small students, trained as one batched network on images of three classes that they learn."""

from functools import cache

import numpy as np
import torch

from neuroloop.distill.students import Student, train_students
from neuroloop.images.preparation import Preparation
from neuroloop.networks.batched_network import member_alone
from neuroloop.networks.resnet import ResNet
from neuroloop.training.recipe import Recipe

CLASSES, SIDE, CPU = 3, 8, torch.device("cpu")
STUDENT = Student(
    depth=18,
    width=4,
    stem="small",
    weights=None,
    temperature=1.0,
    alpha=1.0,
    recipe=Recipe(epochs=12, batch_size=12, learning_rate=0.05, momentum=0.9, nesterov=True),
    crop=SIDE,
    pad=0,
    flip=False,
    batched_networks=2,
)


def pixels_of(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Colour images of a faint pattern of their class under noise, and their classes."""
    generator = np.random.default_rng(seed)
    patterns = np.random.default_rng(0).normal(size=(CLASSES, 3, SIDE, SIDE))
    labels = np.arange(count) % CLASSES
    images = 0.5 + 0.05 * patterns[labels] + 0.06 * generator.normal(size=(count, 3, SIDE, SIDE))
    return (255 * images.clip(0, 1)).astype(np.uint8), labels


@cache
def students() -> tuple[ResNet, Preparation]:
    """The network of both, in the mode that training leaves, and what it takes."""
    kept: list[tuple[ResNet, Preparation]] = []

    def keep(network: ResNet, preparation: Preparation) -> dict[str, np.ndarray]:
        kept.append((network, preparation))
        return {}

    images, labels = pixels_of(60, seed=1)
    tests, _ = pixels_of(30, seed=2)
    train_students(images, labels, None, tests, CLASSES, STUDENT, [5, 6], CPU, examine=keep)
    return kept[0]


def alone(member: int) -> ResNet:
    """One of them."""
    return member_alone(students()[0], member)
