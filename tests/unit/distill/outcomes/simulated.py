"""Simulated students of several teachers: what images, seeds and students have in common."""

import numpy as np

from neuroloop.distill.ablation import KEYS, REFERENCE, Group
from neuroloop.distill.outcomes.measured_students import MeasuredStudents, measured

OUTCOMES = ("calibration", "corruptions", "adversarial", "error_consistency")
CLASSES = 4


class World:
    """Images and seeds that students of all teachers share.

    Parameters
    ----------
    generator : numpy.random.Generator
    seeds, images : int
    """

    def __init__(self, generator: np.random.Generator, seeds: int, images: int) -> None:
        self.generator, self.shape = generator, (seeds, images)
        self.truth = np.arange(images) % CLASSES
        self.ease = 1 + 1.5 * generator.standard_normal(images)
        self.ease = self.ease + 0.3 * generator.standard_normal((seeds, 1))
        self.alike = generator.standard_normal((images, CLASSES))

    def logits(self, gain: float = 0.0, sure: float = 1.0, own: float = 0.0) -> np.ndarray:
        """Of one teacher's students.

        Parameters
        ----------
        gain : float
            What the true class gains.
        sure : float
            Factor of all logits.
        own : float
            Spread of what its students share with each other and with no others.
        """
        draw = self.generator.standard_normal
        made = self.alike + 0.8 * draw((*self.shape, CLASSES)) + own * draw(self.alike.shape)
        luck = 0.2 * draw((self.shape[0], 1))
        made[:, np.arange(self.shape[1]), self.truth] += self.ease + gain + luck
        return np.asarray(sure * made)

    def arrays(
        self, gain: float = 0.0, sure: float = 1.0, own: float = 0.0
    ) -> dict[str, np.ndarray]:
        """What predictions.npz holds of them."""
        of_strengths = [
            self.logits(gain - strength, sure, own).argmax(axis=2) == self.truth
            for strength in (0.2, 0.5)
        ]
        return {
            "logits": self.logits(gain, sure, own),
            "truth": self.truth,
            "corrupted": np.array([of_strengths]).transpose(2, 0, 1, 3),
            "corruption": np.array(["noise"]),
            "strength": np.array([[0.08, 0.12]]),
            "attacked": np.array([of_strengths[:1]]).transpose(2, 0, 1, 3),
            "attack": np.array(["fgsm"]),
            "epsilon": np.array([1 / 255]),
        }

    def students(
        self, subject: str, teacher: str, outcomes: tuple[str, ...] = OUTCOMES, **what: float
    ) -> MeasuredStudents:
        """Students of a teacher, as the summary takes them."""
        place = (REFERENCE,) * 3 if subject == REFERENCE else (subject, "V1", "ridge")
        arrays = self.arrays(**what)
        hits = arrays["logits"].argmax(axis=2) == self.truth
        seeds, images = (list(range(length)) for length in self.shape)
        keys = dict(zip(KEYS, (*place, teacher, "small"), strict=True))
        group = Group(keys, hits, [str(number) for number in images], seeds, 0.25)
        return measured(group, arrays, outcomes)
