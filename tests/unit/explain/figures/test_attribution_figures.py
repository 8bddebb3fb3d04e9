"""Figures of attributions: one scale, its end stated; and what the sanity tests found."""

import numpy as np
import pytest

from neuroloop.explain.attribution.edges import edges
from neuroloop.explain.figures.attribution_figure import attribution_figure
from neuroloop.explain.figures.sanity_figure import sanity_figure
from neuroloop.explain.models.explained import explained_images
from neuroloop.explain.sanity import perturbation
from neuroloop.explain.sanity.sanity import Checks, Permuted, check_attribution
from neuroloop.report.figures import save
from tests.unit.explain.explained_models import student


def draw(maps, signed=True, **options):
    n = len(maps)
    given = {
        "display": np.random.default_rng(0).random((n, 8, 8)),
        "named": ["cat"] * n,
        "probabilities": np.linspace(0.5, 0.75, n),
        "true": ["a dog with a long name"] * n,
        "right": np.arange(n) % 2 == 0,
        "model": "network",
        "description": "What is shown",
        "units": "logit",
        "signed": signed,
    }
    return attribution_figure(maps, **given | options)


def texts(figure):
    return [axes.get_title(loc="left") for axes in figure.axes]


def test_each_map_is_drawn_to_its_own_largest_magnitude():
    maps = np.zeros((4, 2, 2))
    maps[0], maps[1] = [[1, -4], [0, 2]], [[0.5, 0], [0, 0]]
    maps[3, 0, 0] = np.nan
    figure = draw(maps)
    said = texts(figure)
    assert said[1:8:2] == ["to 4", "to 0.5", "empty", "undefined"]
    assert said[0] == "true a dog with a …\npredicted cat, 0.50"
    first = figure.axes[1].images[1]
    np.testing.assert_allclose(first.get_array(), maps[0] / 4)
    assert (first.norm.vmin, first.norm.vmax) == (-1, 1)
    assert first.get_extent() == [-0.5, 7.5, 7.5, -0.5]
    assert len(figure.axes[5].images) == 1
    assert "orange: predicted wrongly (2)" in figure.get_suptitle()
    assert "n = 4 images" in figure.get_suptitle()


def test_maps_that_are_not_negative_begin_at_0():
    figure = draw(np.ones((1, 2, 2)), signed=False, right=None, true=None)
    norm = figure.axes[1].images[1].norm
    assert (norm.vmin, norm.vmax) == (0, 1)
    assert texts(figure)[0] == "predicted cat, 0.50"
    assert "orange" not in figure.get_suptitle()


@pytest.fixture(scope="module")
def sanity():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(perturbation, "MOST_KEPT", np.inf)
        return checked()


def checked():
    model = student()
    asked = explained_images(model, 5, seed=0)
    return check_attribution(
        model.network,
        "edges",
        edges,
        edges(model.network, asked.images, asked.classes),
        asked,
        Checks(groups=3, curve_steps=4, random_orders=1),
        multi_label=False,
        runs_a_map=1,
        permuted=Permuted(model.network, False),
        seed=0,
    )


def test_sanity_shows_each_test_with_its_threshold(sanity):
    figure = sanity_figure(sanity, model="network", method="edges")
    similarity, deletion, _ = figure.axes
    assert [line.get_ydata()[0] for line in similarity.lines[:3]] == [1, 1, 0.5]
    names = [label.get_text() for label in similarity.get_xticklabels()]
    assert names[-1] == "permuted labels"
    assert len(names) == 4
    legend = [text.get_text() for text in similarity.get_legend().get_texts()]
    assert "trained on permuted labels: not memorised" in legend
    areas = [text.get_text() for text in deletion.get_legend().get_texts()]
    value = sanity.table.query("test == 'deletion' and statistic == 'auc'")["value"].item()
    assert areas[0] == f"the map: {value:.3f}"
    assert deletion.get_xlabel() == "proportion of pixels\nreplaced by the image blurred"
    assert "n = 5 images" in figure.get_suptitle()
    assert "other images of these classes; these networks alone" in figure.get_suptitle()


def test_curves_of_a_void_test_have_no_area_and_say_why():
    sanity = checked()  # of a network that learned nothing, and keeps its guess
    assert sanity.removal.reason
    figure = sanity_figure(sanity, model="network", method="edges")
    for panel in figure.axes[1:]:
        assert panel.get_title().endswith("shows nothing here")
        (told,) = [text.get_text() for text in panel.texts]
        assert " ".join(told.split()) == f"void: {sanity.removal.reason}"
        legend = [text.get_text() for text in panel.get_legend().get_texts()]
        assert legend == ["the map", "at random", "edges of the image"]


def test_figures_are_the_same_bytes_every_time(sanity, tmp_path):
    maps = np.random.default_rng(1).standard_normal((3, 4, 4))
    masks = np.zeros((3, 8, 8), dtype=bool)
    masks[:, 2:4, 2:4] = True
    for number in (1, 2):
        save(draw(maps, masks=masks), tmp_path / f"a{number}.svg")
        save(sanity_figure(sanity, model="m", method="e"), tmp_path / f"s{number}.svg")
    for name in "as":
        first, second = ((tmp_path / f"{name}{number}.svg").read_bytes() for number in (1, 2))
        assert first == second
