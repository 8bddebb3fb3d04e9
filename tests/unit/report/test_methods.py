"""The methods text says what ran, of each preset."""

from typing import Any

import pytest

from neuroloop.report.sections import decoding, radiographs, reading
from tests.project import preset


@pytest.fixture
def demo() -> dict[str, Any]:
    """The default config, completed."""
    return preset("config")


def test_readers_are_mapped_as_their_head_asks(demo: dict[str, Any]) -> None:
    told = reading.methods("neurons", demo["areas"]["neurons"], demo)
    assert "HiResCAM (Draelos and Carin 2020), compared" in told
    assert "Grad-CAM" not in told
    assert "networks that learned permuted labels" not in told
    demo["readers"]["small"]["head"] = "gap"
    told = reading.methods("neurons", demo["areas"]["neurons"], demo)
    assert "Grad-CAM (Selvaraju et al. 2017), compared" in told


def test_each_classifier_is_told_from_the_others(demo: dict[str, Any]) -> None:
    told = radiographs.methods("chests", demo["radiographs"]["chests"], demo)
    assert (
        "logistic (EfficientNet-Lite0, imagenet weights, frozen, with logistic regression on its "
        "features); fine (EfficientNet-Lite0, imagenet weights, trained from block12 up for 8 "
        "epochs)."
    ) in told
    assert "Ensembles are the mean probabilities of logistic + fine." in told
    block = demo["radiographs"]["chests"] | {"classifiers": ["layers"], "ensembles": []}
    told = radiographs.methods("chests", block, demo)
    assert "logistic regression on its means and deviations of 6 sections" in told
    assert "Ensembles" not in told


@pytest.mark.parametrize(("people", "shown"), [(1, False), (4, False), (5, True)])
def test_people_are_inferred_from_enough_of_them(
    demo: dict[str, Any], people: int, shown: bool
) -> None:
    block = demo["datasets"]["simulated"]
    block |= {"subjects": {f"S{number}": {} for number in range(people)}}
    told = decoding.methods("simulated", block, demo)
    assert ("was tested by prevalence inference" in told) == shown
    assert ("cannot be shown of fewer than 5 subjects" in told) != shown
