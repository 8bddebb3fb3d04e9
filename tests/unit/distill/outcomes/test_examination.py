"""What students of every seed still name right, asked of their networks after training."""

import numpy as np
import pytest

from neuroloop.distill.outcomes.corruptions import CORRUPTIONS, CorruptedInputs
from neuroloop.distill.outcomes.examination import AXES, Examination
from neuroloop.distill.students import train_students
from neuroloop.training.loop import predict
from tests.unit.distill.outcomes.trained import CLASSES, CPU, STUDENT, alone, pixels_of, students

PIXELS, TRUTH = pixels_of(20, seed=4)
IDS = [f"i{number}" for number in range(20)]
BOTH = ("corruptions", "adversarial")


def examination(outcomes=BOTH, batch=8, seed=1):
    return Examination(outcomes, PIXELS, IDS, TRUTH, seed, batch)


def test_every_member_is_asked_on_its_own():
    network, preparation = students()
    found = examination()(network, preparation)
    assert found["corrupted"].shape == (2, 3, 5, 20)
    assert found["attacked"].shape == (2, 2, 3, 20)
    for member in range(2):
        own = examination()(alone(member), preparation)
        assert (own["corrupted"][0] == found["corrupted"][member]).mean() > 0.99
        assert (own["attacked"][0] == found["attacked"][member]).mean() > 0.99
    assert not np.array_equal(found["corrupted"][0], found["corrupted"][1])


def test_images_are_spoilt_at_the_strengths_that_are_named():
    network, preparation = students()
    asked = examination()
    found, places = asked(network, preparation)["corrupted"], asked.places
    assert places["corruption"].tolist() == list(CORRUPTIONS)
    spoilt = CorruptedInputs(preparation, PIXELS, IDS, "blur", places["strength"][1, 2], 1)
    wanted = predict(network, spoilt).argmax(axis=2).T == TRUTH
    np.testing.assert_array_equal(found[:, 1, 2], wanted)
    assert found[:, 0, 4].mean() < found[:, 0, 0].mean(), "more noise does more harm"


def test_batches_and_the_mode_of_the_network_play_no_part():
    network, preparation = students()
    network.train()
    found = examination(batch=20)(network, preparation)
    assert network.training
    again = examination(batch=7)(network, preparation)
    for name in found:
        np.testing.assert_array_equal(found[name], again[name])


@pytest.mark.parametrize(
    ("outcome", "name"), [("corruptions", "corrupted"), ("adversarial", "attacked")]
)
def test_what_is_not_asked_for_is_not_made(outcome, name):
    asked = examination([outcome])
    found = asked(*students())
    assert list(found) == [name]
    assert set(AXES[name]) - {"seed", "image"} >= set(asked.places) - {"strength", "epsilon"}
    for place, values in asked.places.items():
        assert values.ndim == len(AXES[place])


def test_seeds_trained_apart_are_asked_like_seeds_trained_together():
    from dataclasses import replace

    images, labels = pixels_of(24, seed=1)
    short = replace(STUDENT, recipe=replace(STUDENT.recipe, epochs=1))
    results = [
        train_students(
            *(images, labels, None, PIXELS, CLASSES, replace(short, batched_networks=at_once)),
            *([5, 6, 7], CPU),
            examine=examination(),
        )
        for at_once in (1, 2)
    ]
    for trained in results:
        assert trained.examined["corrupted"].shape == (3, 3, 5, 20)
    apart, together = (trained.examined for trained in results)
    for name in apart:
        assert (apart[name] == together[name]).mean() > 0.98
