"""All sanity tests of a method, and the words of their verdicts."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from neuroloop.explain.attribution.attribution import in_batches
from neuroloop.explain.attribution.edges import edges
from neuroloop.explain.attribution.methods import attribution_of
from neuroloop.explain.models.explained import explained_images
from neuroloop.explain.sanity import perturbation
from neuroloop.explain.sanity.perturbation import Curves, Perturbation, perturbation_curves
from neuroloop.explain.sanity.pointing import pointing_game
from neuroloop.explain.sanity.randomisation import CASCADING, COLUMNS, INDEPENDENT, LABELS, Verdict
from neuroloop.explain.sanity.sanity import CURVE_COLUMNS, Checks, Permuted, check_attribution
from neuroloop.explain.sanity.sanity_rows import (
    SANITY_COLUMNS,
    curve_rows,
    pointing_rows,
    randomisation_row,
)
from neuroloop.explain.sanity.similarity import map_similarity
from neuroloop.networks.resnet import initialise
from tests.unit.explain.explained_models import reader, student

CHECKS = Checks(groups=3, curve_steps=4, random_orders=2, batch=5)


def check(model, attribution, permuted=None, checks=CHECKS, runs=1):
    asked = explained_images(model, 8, seed=0)
    maps = in_batches(attribution, model.network, asked.images, asked.classes, 5)
    return (
        asked,
        maps,
        check_attribution(
            model.network,
            "method",
            attribution,
            maps,
            asked,
            checks,
            multi_label=model.labels == "multi",
            runs_a_map=runs,
            permuted=permuted,
            seed=0,
        ),
    )


@pytest.fixture
def whatever_stays(monkeypatch):
    """Networks that learned nothing keep their guess whatever is removed: let it pass."""
    monkeypatch.setattr(perturbation, "MOST_KEPT", np.inf)


def rows(sanity, test):
    return sanity.table[sanity.table["test"] == test].set_index("statistic")


@pytest.mark.usefixtures("whatever_stays")
def test_the_edges_fail_every_test_that_asks_for_the_network():
    model = student()
    _, _, sanity = check(model, edges, Permuted(student().network, True))
    similar = sanity.randomisation
    assert list(similar.columns) == list(COLUMNS)
    assert similar.groupby("kind")["depth"].max().to_dict() == {
        CASCADING: 3,
        INDEPENDENT: 3,
        LABELS: 1,
    }
    np.testing.assert_allclose(similar["spearman"], 1)
    for test in (CASCADING, LABELS):
        row = rows(sanity, test).loc["spearman"]
        assert (row["value"], row["verdict"], row["baseline"]) == (1, "insensitive", 1)
    for direction in ("deletion", "insertion"):
        found = rows(sanity, direction)
        # The edges are their own baseline.
        assert found.loc["auc", "value"] == found.loc["auc", "baseline"]
        assert found.loc["auc_less_edges", "value"] == 0
        assert found.loc["auc_less_edges", "verdict"] == "no difference"
        less = found.loc["auc_less_random"]
        assert less["value"] == less["baseline"]
        difference = found.loc["auc", "value"] - found.loc["auc", "chance"]
        assert less["value"] == pytest.approx(difference)
    assert sanity.verdict.sensitive is False


def test_the_network_of_permuted_labels_is_the_one_that_is_compared():
    model, other = student(), student()
    initialise(other.network, [9])
    saliency = attribution_of(model, "saliency")
    asked, maps, sanity = check(model, saliency, Permuted(other.network, True))
    others = saliency(other.network, asked.images, asked.classes)
    expected = map_similarity(maps, others)["spearman"]
    made = sanity.randomisation.query("kind == 'labels'")["spearman"]
    np.testing.assert_allclose(made, expected, atol=1e-6)
    assert rows(sanity, LABELS).loc["spearman", "value"] < 0.9


@pytest.mark.usefixtures("whatever_stays")
def test_tables_by_the_parts_that_they_are_made_of():
    model = reader()
    saliency = attribution_of(model, "saliency")
    asked, maps, sanity = check(model, saliency)
    assert list(sanity.table.columns) == list(SANITY_COLUMNS)
    assert list(sanity.curves.columns) == list(CURVE_COLUMNS)
    assert len(sanity.curves) == 2 * 3 * 8 * 5
    assert set(sanity.randomisation["image"]) == set(asked.ids)
    assert rows(sanity, LABELS).empty
    drawn = perturbation_curves(
        model.network,
        asked.images,
        asked.classes,
        maps,
        Perturbation("insertion", steps=4, multi_label=True),
        seed=1,
    )
    chosen = sanity.curves.query("direction == 'insertion' and order == 'map'")
    made = chosen["probability"].to_numpy().reshape(8, 5)
    np.testing.assert_allclose(made, drawn.probabilities, rtol=1e-6)
    assert chosen["image"].tolist() == np.repeat(asked.ids, 5).tolist()
    assert rows(sanity, "insertion").loc["auc", "value"] == pytest.approx(drawn.auc.mean())
    game = pointing_game(maps[asked.right], asked.masks[asked.right], seed=0)
    point = rows(sanity, "pointing").loc["hit_rate"]
    assert 0 < point["n"] < 8
    assert (point["value"], point["n"]) == (game.value, game.n)
    np.testing.assert_equal(point["chance"], game.chance)  # none: all images have one mask
    assert np.isnan(game.chance)
    assert point["verdict"] == ("too few images" if point["n"] < 6 else "undecided")
    counts = rows(sanity, "maps")
    assert counts["value"].tolist() == [0, 0, 0]
    assert counts["n"].tolist() == [8, 8, 8]


def test_maps_that_say_nothing_are_counted():
    def silent(network, images, classes):
        made = edges(network, images, classes)
        made[0], made[1, 0, 0] = 0, np.nan
        return made

    asked, _, sanity = check(student(), silent)  # in batches of 5 and 3: two of each
    assert rows(sanity, "maps")["value"].to_dict() == {"empty": 2, "constant": 0, "undefined": 2}
    row = rows(sanity, CASCADING).loc["spearman"]
    assert (row["n"], row["undefined"]) == (4, 4)
    deletion = rows(sanity, "deletion")
    assert deletion["undefined"].tolist() == [2, 2, 2]
    assert deletion["n"].tolist() == [6, 6, 6]
    assert sanity.table["undefined"].dtype == int
    assert len(asked) == 8


def test_a_method_of_many_passes_has_fewer_groups():
    images = torch.zeros(16, 3, 100, 125)
    checks = Checks(groups=12, megapixels=20)
    # Two passes of 16 images of 12,500 pixels are 0.4 megapixels a group and forward pass.
    assert [checks.groups_for(images, runs) for runs in (3, 10, 25, 26, 999)] == [12, 5, 2, 1, 1]
    _, _, sanity = check(student(), edges, checks=Checks(2, 1e-6, 2, 1), runs=3)
    assert sanity.randomisation["depth"].max() == 1


@pytest.mark.parametrize(
    ("low", "high", "known", "said"),
    [
        (0.1, 0.49, True, "sensitive"),
        (0.4, 0.5, True, "undecided"),
        (0.5, 0.6, True, "insensitive"),
        (0.1, 0.49, False, "not memorised"),
        (np.nan, np.nan, True, "undecided"),
    ],
)
def test_words_of_a_randomisation(low, high, known, said):
    verdict = Verdict("method", 0.45, low, high, 0.5, bool(high < 0.5), 6, 1)
    assert randomisation_row(CASCADING, verdict, known, (8, 8))["verdict"] == said


def test_few_images_and_coarse_maps_have_no_verdict():
    verdict = Verdict("method", 0.1, 0.05, 0.2, 0.5, True, 5, 0)
    row = randomisation_row(CASCADING, verdict)
    assert (row["verdict"], row["value"], row["ci_high"]) == ("too few images", 0.1, 0.2)
    enough = verdict._replace(n=6)
    assert randomisation_row(CASCADING, enough, shape=(8, 8))["verdict"] == "sensitive"
    assert randomisation_row(CASCADING, enough, shape=(4, 4))["verdict"] == "too coarse to judge"
    low, high = curves(0.1, 0.12, 0.11, 0.1, 0.12), curves(0.5, 0.52, 0.51, 0.53, 0.5)
    less = curve_rows("deletion", low, high, [high], 0)[1]
    assert (less["verdict"], less["n"]) == ("too few images", 5)
    assert less["ci_high"] < 0


def curves(*levels):
    return Curves(np.array([0.0, 1.0]), np.array([[level, level] for level in levels]))


def test_words_of_curves():
    """Low areas are good in deletion, and bad in insertion."""
    low = curves(0.1, 0.12, 0.11, 0.1, 0.12, 0.09)
    high = curves(0.5, 0.52, 0.51, 0.53, 0.5, 0.54)
    said = {
        (direction, name): curve_rows(direction, own, high, [high], 0)[1]["verdict"]
        for direction in ("deletion", "insertion")
        for name, own in (("low", low), ("high", high))
    }
    assert said == {
        ("deletion", "low"): "better",
        ("deletion", "high"): "no difference",
        ("insertion", "low"): "worse",
        ("insertion", "high"): "no difference",
    }
    area, less, _ = curve_rows("deletion", low, high, [high], 0)
    mean, other = 0.64 / 6, 3.1 / 6
    assert area["value"] == pytest.approx(mean)
    assert area["chance"] == area["baseline"] == pytest.approx(other)
    assert less["value"] == pytest.approx(mean - other)
    assert curve_rows("deletion", curves(0.1), curves(0.5), [curves(0.5)], 0)[1]["verdict"] == (
        "too few images"
    )


def test_curves_are_void_where_removing_all_pixels_changes_little():
    """A network that learned nothing, and a bias that keeps its guess whatever it sees."""
    model = student()
    with torch.no_grad():
        model.network.fc.bias.copy_(torch.tensor([5.0, 0, 0]).view_as(model.network.fc.bias))
    asked, _, sanity = check(model, edges)
    assert set(asked.classes.tolist()) == {0}
    assert sanity.removal.kept > 0.9
    for direction in ("deletion", "insertion"):
        found = sanity.table[sanity.table["test"] == direction]
        assert found["verdict"].tolist() == ["void"] * 3
        assert found["n"].tolist() == [8, 8, 8]
        numbers = ["value", "ci_low", "ci_high", "p", "chance", "baseline"]
        assert found[numbers].isna().to_numpy().all()
        assert set(found["reason"]) == {sanity.removal.reason}
        assert set(found["family"]) == {""}
    assert len(sanity.curves) == 2 * 3 * 8 * 5
    others = sanity.table[~sanity.table["test"].isin(["deletion", "insertion"])]
    assert set(others["reason"]) == {""}


def test_every_test_says_of_what_it_speaks_and_which_family_it_is_of():
    row = randomisation_row(CASCADING, Verdict("method", 0.1, 0.0, 0.2, 0.5, True, 8, 0, 0.003))
    assert (row["p"], row["unit"], row["family"]) == (0.003, "images", "randomisation")
    assert row["scope"] == "other images of these classes; these networks alone"
    low, high = curves(0.1, 0.12, 0.11, 0.1), curves(0.5, 0.52, 0.51, 0.53)
    area, *less = curve_rows("deletion", low, high, [high], 0)
    assert "p" not in area
    assert "family" not in area
    assert {one["family"] for one in less} == {"deletion and insertion"}
    assert all(0 < one["p"] < 0.01 for one in less)
    halves = [(one["ci_high"] - one["ci_low"]) / 2 for one in less]
    assert [one["smallest_effect"] for one in less] == halves


def test_pointing_asks_those_that_are_named_right():
    model = reader()
    asked = explained_images(model, 12, seed=0)
    right = np.arange(12) % 3 != 0  # whatever this untrained network names right
    masks = np.zeros_like(asked.masks)
    masks[np.arange(12), np.arange(12)] = True
    asked = replace(asked, right=right, masks=masks)
    hits = np.where(asked.right[:, None, None], asked.masks, ~asked.masks).astype(float)
    hit, energy = pointing_rows(hits, ~asked.masks * 1.0, asked, 0)
    assert hit["value"] == energy["value"] == 1
    assert hit["baseline"] == energy["baseline"] == 0
    assert hit["n"] == asked.right.sum() < 12
    assert hit["verdict"] == energy["verdict"] == "above chance"
    assert hit["chance"] == energy["chance"] == 0
    assert hit["unit"] == "images"
    # Maps of a network without training that are as good: what draws them is in the image.
    (beside, _), (unlike, _) = (
        pointing_rows(hits, hits, asked, 0, one) for one in (hits, ~asked.masks * 1.0)
    )
    assert (beside["untrained"], beside["verdict"]) == (1, "no better than untrained")
    assert (unlike["untrained"], unlike["verdict"]) == (0, "above chance")
    few = replace(asked, masks=masks[np.arange(12) % 3])
    hit, _ = pointing_rows(few.masks * 1.0, hits, few, 0)
    assert (hit["value"], hit["chance"], hit["verdict"]) == (1, 0, "undecided")  # p is 1/2
    assert hit["unit"] == "masks"
    same = np.repeat(hits[1:2], 12, axis=0)
    hit, energy = pointing_rows(same, hits, asked, 0)
    assert hit["verdict"] == energy["verdict"] == "no better than chance"
    assert pointing_rows(hits, hits, explained_images(student(), 3, seed=0), 0) == []


def test_how_thorough_the_config_says():
    settings = {"layer_groups": 3, "randomisation_megapixels": 0.5, "curve_steps": 7}
    settings |= {"random_orders": 4, "batch": 9, "images": 12}
    assert Checks.from_settings(settings) == Checks(3, 0.5, 7, 4, 9)
    for name in (
        "layer_groups",
        "randomisation_megapixels",
        "curve_steps",
        "random_orders",
        "batch",
    ):
        with pytest.raises(KeyError, match=name):
            Checks.from_settings({key: value for key, value in settings.items() if key != name})
