"""What is asked of students while their networks are at hand, before all but one are let go."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from neuroloop.distill.outcomes.adversarial import ATTACKS, EPSILONS, attacked
from neuroloop.distill.outcomes.corruptions import CORRUPTIONS, CorruptedInputs
from neuroloop.files.array_rows import Rows
from neuroloop.images.preparation import Preparation, Prepared
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.networks.batched_network import BatchedNetwork
from neuroloop.training.loop import predict
from neuroloop.training.transfers import onto

#: Axes of what an examination gives, and of what names its places.
AXES = {
    "corrupted": ("seed", "corruption", "strength", "image"),
    "corruption": ("corruption",),
    "strength": ("corruption", "strength"),
    "attacked": ("seed", "attack", "epsilon", "image"),
    "attack": ("attack",),
    "epsilon": ("epsilon",),
}


@dataclass(frozen=True, eq=False)
class Examination:
    """Test images that are spoilt or moved against students, and which outcomes are asked for.

    Attributes
    ----------
    outcomes : sequence of str
        Of `outcomes.OF_NETWORKS`.
    pixels : ndarray or StoredRows of uint8, shape (images, channels, height, width)
    ids : sequence of str
        Of the images.
    truth : ndarray of int, shape (images,)
    seed : int
        Root seed.
    batch : int
        Images attacked at once; that of the training has room.
    """

    outcomes: Sequence[str]
    pixels: Rows
    ids: Sequence[str]
    truth: np.ndarray
    seed: int
    batch: int

    def __call__(self, network: BatchedNetwork, preparation: Preparation) -> dict[str, np.ndarray]:
        """Say which images each member still names right.

        Parameters
        ----------
        network : BatchedNetwork
            Trained.
        preparation : Preparation
            What images go through before it takes them.

        Returns
        -------
        dict
            ``corrupted`` and ``attacked``, of those that are asked for; bool, members first.
        """
        found = {}
        if "corruptions" in self.outcomes:
            found["corrupted"] = self._corrupted(network, preparation)
        if "adversarial" in self.outcomes:
            found["attacked"] = self._attacked(network, preparation)
        return found

    @property
    def places(self) -> dict[str, np.ndarray]:
        """What the axes of its results stand for."""
        named = {}
        if "corruptions" in self.outcomes:
            named["corruption"] = np.array(list(CORRUPTIONS))
            named["strength"] = np.array(list(CORRUPTIONS.values()))
        if "adversarial" in self.outcomes:
            named |= {"attack": np.array(list(ATTACKS)), "epsilon": np.array(EPSILONS)}
        return named

    def _corrupted(self, network: BatchedNetwork, preparation: Preparation) -> np.ndarray:
        def hits(corruption: str, strength: float) -> np.ndarray:
            how = (corruption, strength, self.seed)
            spoilt = CorruptedInputs(preparation, self.pixels, self.ids, *how)
            named = predict(network, spoilt).argmax(axis=2).T
            return np.asarray(named == self.truth)

        every = [[hits(name, by) for by in strengths] for name, strengths in CORRUPTIONS.items()]
        return np.array(every).transpose(2, 0, 1, 3)

    def _attacked(self, network: BatchedNetwork, preparation: Preparation) -> np.ndarray:
        inputs = Prepared(preparation, self.pixels)
        found = np.empty((network.members, len(ATTACKS), len(EPSILONS), len(inputs)), dtype=bool)
        was_training = network.training
        network.eval()
        for first in range(0, len(inputs), self.batch):
            rows = slice(first, first + self.batch)
            self._attack_batch(network, preparation, inputs[rows], rows, found)
        network.train(was_training)
        return found

    def _attack_batch(
        self,
        network: BatchedNetwork,
        preparation: Preparation,
        inputs: np.ndarray,
        rows: slice,
        found: np.ndarray,
    ) -> None:
        device = next(network.parameters()).device
        starts = [
            numpy_generator(self.seed, "attack", name).uniform(-1, 1, inputs.shape[1:])
            for name in self.ids[rows]
        ]
        clean = onto(inputs, device)
        start = onto(np.array(starts, dtype=np.float32), device)
        truth = onto(self.truth[rows].astype(np.int64), device)
        for number, attack in enumerate(ATTACKS.values()):
            for place, epsilon in enumerate(EPSILONS):
                moved = attacked(network, clean, truth, preparation, attack, epsilon, start)
                with torch.inference_mode():
                    named = network(moved).float().argmax(dim=2)
                    hits = (named == truth[:, None]).T.cpu().numpy()
                found[:, number, place, rows] = hits
