"""Watch a brain teach: images, what the brain said of them, and what students answer.

Students learned from the training images, of which the brain's soft labels are out of fold: no
decoder that gave one had learned from that image. Test images are held out from the students, and
from every decoder; where no person saw one, there is no soft label of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.special import softmax

from neuroloop.distill.image_set import ImageSet
from neuroloop.explain.attribution.layer_maps import layer_map
from neuroloop.explain.attribution.occlusion import occlusion
from neuroloop.explain.gallery.embedded import draw_map, picture_source
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.training.loop import predict

#: Images of each kind: drawn of the training and of the test images, and those whose answer rose
#: and fell most.
OF_EACH = 4

#: Classes that a slide shows at most.
MOST_CLASSES = 10

#: Longest side of a picture, pixels.
LONGEST = 96

#: Grad-CAM of fewer places along a side tells less than covering parts of the image does.
COARSE = 4

#: Height and width of what is covered, and of steps, as parts of the image's.
WINDOW, STRIDE = 0.25, 0.125

#: Why an image is shown.
LEARNED = "drawn at random from the images that the students learned from"
DRAWN = "drawn at random from the test images"
ROSE = "of all test images, among those whose true class gained most by the brain"
FELL = "of all test images, among those whose true class lost most by the brain"


class Answers(NamedTuple):
    """Probabilities of students, each of shape (images, classes).

    Attributes
    ----------
    mean, low, high : ndarray of float64
        Mean, least and greatest over seeds.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True, eq=False)
class Watched:
    """Students of one teacher.

    Attributes
    ----------
    test : Answers
        To all test images, over all seeds.
    kept : OpenedModel
        The network of the first seed.
    """

    test: Answers
    kept: OpenedModel


class Maps(NamedTuple):
    """Evidence for the true class of each image, of one network.

    Attributes
    ----------
    evidence : ndarray of float32, shape (images, height, width)
    signed : bool
    told : str
        What they are, in words.
    """

    evidence: np.ndarray
    signed: bool
    told: str


class Pick(NamedTuple):
    """An image that is shown: its row of all images, and why."""

    row: int
    why: str


def answers(logits: np.ndarray) -> Answers:
    """Probabilities over seeds, of logits of shape (seeds, images, classes)."""
    each = softmax(np.asarray(logits, dtype=np.float64), axis=2)
    return Answers(each.mean(axis=0), each.min(axis=0), each.max(axis=0))


def drawn(shown: ImageSet, generator: np.random.Generator) -> list[Pick]:
    """Images drawn at random, before anything is known of them: the same for all brains."""
    found = []
    for rows, why in ((shown.train, LEARNED), (shown.test, DRAWN)):
        count = min(OF_EACH, len(rows))
        found += [Pick(int(row), why) for row in generator.choice(rows, count, replace=False)]
    return found


def extremes(shown: ImageSet, untaught: Answers, taught: Answers) -> list[Pick]:
    """Test images whose true class gained and lost most probability by the teacher."""
    truth = shown.labels[shown.test][:, None]
    change = np.take_along_axis(taught.mean - untaught.mean, truth, axis=1)[:, 0]
    order = np.argsort(-change, kind="stable")
    rose = [row for row in order[:OF_EACH] if change[row] > 0]
    fell = [row for row in order[::-1][:OF_EACH] if change[row] < 0]
    return [
        Pick(int(shown.test[row]), why)
        for rows, why in ((rose, ROSE), (fell, FELL))
        for row in rows
    ]


def soft_labels(
    shown: ImageSet,
    picks: Sequence[Pick],
    of_training: np.ndarray,
    own: np.ndarray,
    has_own: np.ndarray,
) -> tuple[np.ndarray, list[str]]:
    """What the brain said of each image, and what that is in words.

    Parameters
    ----------
    shown : ImageSet
    picks : sequence of Pick
    of_training : ndarray, shape (training images, classes)
        Logits that teach.
    own : ndarray, shape (test images, classes)
        Logits of test images that people saw; 0 of others.
    has_own : ndarray of bool, shape (test images,)

    Returns
    -------
    values : ndarray of float64, shape (picks, classes)
    told : list of str
    """
    taught, of_test = softmax(of_training, axis=1), softmax(own, axis=1)
    at_train = {int(row): number for number, row in enumerate(shown.train)}
    at_test = {int(row): number for number, row in enumerate(shown.test)}
    values, told = [], []
    for row, _ in picks:
        if row in at_train:
            values.append(taught[at_train[row]])
            seen = shown.table["stimulus_id"].iloc[row] != ""
            told.append("of this image, out of fold" if seen else "of its class, out of fold")
        elif has_own[at_test[row]]:
            values.append(of_test[at_test[row]])
            told.append("of this image, out of fold; no student learned from it")
        else:
            alike = shown.labels[shown.train] == shown.labels[row]
            values.append(taught[alike].mean(axis=0))
            told.append(
                f"mean of the {int(alike.sum())} images of this class that taught; of this image "
                "there is none"
            )
    return np.array(values), told


def slides(
    shown: ImageSet,
    picks: Sequence[Pick],
    said: tuple[np.ndarray, list[str]],
    untaught: Watched,
    taught: Watched,
) -> list[dict[str, Any]]:
    """What a page shows of each image.

    Parameters
    ----------
    shown : ImageSet
    picks : sequence of Pick
    said : (ndarray, list of str)
        From `soft_labels`.
    untaught, taught : Watched
        Students of the labels alone, and of the brain.

    Returns
    -------
    list of dict
        ``image``, ``why``, ``held_out``, ``truth``, ``told`` (what the soft label is), ``classes``
        (at most `MOST_CLASSES`, the true one among them), ``brain`` (a probability each),
        ``untaught`` and ``taught``, each with ``mean``, ``low``, ``high`` (a probability each) and
        ``map`` (see `draw_map`; ``told``: what it is).
    """
    rows = np.array([pick.row for pick in picks])
    both = {
        name: (_answers_to(shown, rows, of), maps(shown, rows, of.kept))
        for name, of in (("untaught", untaught), ("taught", taught))
    }
    at_test = set(shown.test.tolist())
    made = []
    for number, (row, why) in enumerate(picks):
        means = [answered.mean[number] for answered, _ in both.values()]
        chosen = _chosen(np.max([said[0][number], *means], axis=0), int(shown.labels[row]))
        slide: dict[str, Any] = {
            "image": str(shown.table["image_id"].iloc[row]),
            "why": why,
            "held_out": row in at_test,
            "truth": shown.classes[shown.labels[row]],
            "told": said[1][number],
            "classes": [shown.classes[label] for label in chosen],
            "brain": _rounded(said[0][number][chosen]),
        }
        for name, (answered, found) in both.items():
            slide[name] = {
                "mean": _rounded(answered.mean[number][chosen]),
                "low": _rounded(answered.low[number][chosen]),
                "high": _rounded(answered.high[number][chosen]),
                "map": {
                    **draw_map(found.evidence[number], found.signed)._asdict(),
                    "told": found.told,
                },
            }
        made.append(slide)
    return made


def maps(shown: ImageSet, rows: np.ndarray, kept: OpenedModel) -> Maps:
    """Evidence for the true class: Grad-CAM, or occlusion where that has fewer than 4 places."""
    inputs = torch.from_numpy(_prepared(shown, rows, kept))
    truth = torch.from_numpy(shown.labels[rows])
    found = layer_map("grad_cam", kept.network, inputs, truth, signed=False)
    height, width = found.shape[1:]
    if min(height, width) >= COARSE:
        told = f"Grad-CAM of the true class at {height} × {width} places, from 0 to its maximum"
        return Maps(found.detach().cpu().numpy(), False, told)
    sides = inputs.shape[2:]
    window, stride = (
        (max(1, round(part * sides[0])), max(1, round(part * sides[1])))
        for part in (WINDOW, STRIDE)
    )
    covered = occlusion(kept.network, inputs, truth, window=window, stride=stride)
    told = (
        f"Occlusion: orange where the true class's logit falls if {window[0]} × {window[1]} pixels "
        "are covered, purple where it rises"
    )
    return Maps(covered.cpu().numpy(), True, told)


def thumbnail(pixels: np.ndarray) -> str:
    """Address of a small picture of an image, uint8 of shape (channels, height, width)."""
    shown = pixels[0] if len(pixels) != 3 else pixels.transpose(1, 2, 0)
    step = max(1, -(-max(shown.shape[:2]) // LONGEST))
    return picture_source(shown[::step, ::step] / 255)


def _answers_to(shown: ImageSet, rows: np.ndarray, of: Watched) -> Answers:
    """Answers to chosen images: of all seeds to test images, of the kept one to the others."""
    place = {int(row): number for number, row in enumerate(shown.test)}
    first = answers(predict(of.kept.network, _prepared(shown, rows, of.kept)).transpose(1, 0, 2))
    found = [np.array(part) for part in first]
    for number, row in enumerate(rows):
        if int(row) in place:
            for part, all_seeds in zip(found, of.test, strict=True):
                part[number] = all_seeds[place[int(row)]]
    return Answers(*found)


def _prepared(shown: ImageSet, rows: np.ndarray, kept: OpenedModel) -> np.ndarray:
    assert kept.preparation is not None  # every student says how its images are prepared
    return np.asarray(kept.preparation.apply(shown.pixels[rows]))


def _chosen(highest: np.ndarray, truth: int) -> list[int]:
    """The classes of the highest probabilities, in their own order, the true one among them."""
    order = [truth, *(label for label in np.argsort(-highest, kind="stable") if label != truth)]
    return sorted(int(label) for label in order[:MOST_CLASSES])


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 4) for value in values]
