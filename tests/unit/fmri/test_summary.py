"""Table and figure of all decoders of a dataset."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

from neuroloop.files.formats import read_table, save_table
from neuroloop.fmri.group_rows import COLUMNS, GROUP, MEAN
from neuroloop.fmri.summary import ADDED, Decoded, decoding_figure, decoding_table
from neuroloop.report.figures import save


def one(subject, roi, decoder, accuracy, n=100, top5=None, null=(0.1, 0.2, 0.3), balanced=None):
    metrics = dict.fromkeys(COLUMNS, 0.5) | {
        "accuracy": accuracy,
        "balanced_accuracy": accuracy if balanced is None else balanced,
        "ci_low": accuracy - 0.1,
        "ci_high": accuracy + 0.05,
        "p": 0.01,
        "chance": 0.125,
        "n": n,
        "top5_accuracy": top5,
        "log_loss": 10 * accuracy,
        "pairwise_chance": 0.5,
        "unit": "runs",
        "scope": "other runs; these people alone",
        "null": {"mean": np.mean(null) if len(null) else None, "smallest_effect": 0.07},
    }
    return Decoded(subject, roi, decoder, metrics, np.array(null))


@pytest.fixture
def decoded():
    return [
        one("S1", "V1", "ridge", 0.6, n=90, null=[0.1, 0.3, 0.2, 0.1]),
        one("S1", "V1", "svm", 0.5),
        one("S1", "V2", "ridge", 0.4),
        one("S1", "V2", "svm", 0.3),
        one("S2", "V1", "ridge", 0.2, null=[0.9, 0.5, 0.2, 0.1]),
        one("S3", "V1", "ridge", 0.1, null=[0.2, 0.1, 0.2, 0.1]),
    ]


def test_a_row_of_every_decoder_with_its_numbers(decoded):
    table = decoding_table(decoded)
    assert list(table) == ["subject", "roi", "decoder", "subjects", *COLUMNS, "reason", *ADDED]
    single = table[~table["subject"].isin([GROUP, MEAN])]
    assert len(single) == 6
    first = single.iloc[0]
    assert tuple(first[["subject", "roi", "decoder"]]) == ("S1", "V1", "ridge")
    assert tuple(first[["accuracy", "ci_low", "ci_high", "p"]]) == (0.6, 0.5, 0.65, 0.01)
    assert (first["subjects"], first["n"], first["chance"]) == (1, 90, 0.125)
    assert (first["smallest_effect"], first["unit"]) == (0.07, "runs")
    assert first["null_mean"] == pytest.approx(0.175)
    assert set(single["family"]) == {"single subjects"}


def test_the_group_by_hand(decoded):
    table = decoding_table(decoded)
    group = table[table["subject"] == GROUP]
    assert len(group) == 1, "V2 and svm have one subject each"
    found = group.iloc[0]
    assert tuple(found[["roi", "decoder", "subjects", "n"]]) == ("V1", "ridge", 3, 290)
    assert found["accuracy"] == pytest.approx(0.3)
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((0, interval([0.6, 0.2, 0.1])[1]))
    assert (found["unit"], found["scope"], found["family"]) == (
        "subjects",
        "other people",
        "people",
    )
    # The least balanced accuracy, 0.1, is reached by all permutations.
    assert (found["p"], found["prevalence_low"], found["q"]) == (1, 0, 1)
    assert found["reason"] == "3 subjects cannot show a majority of people: p below 0.05 needs 5"
    assert found["log_loss"] == pytest.approx(3)
    assert pd.isna(found["top5_accuracy"])


def test_the_mean_of_these_subjects_by_hand(decoded):
    table = decoding_table(decoded)
    (row,) = table[table["subject"] == MEAN].to_dict("records")
    assert (row["roi"], row["decoder"], row["subjects"], row["n"]) == ("V1", "ridge", 3, 290)
    assert row["accuracy"] == pytest.approx(0.3)
    # Bounds 0.1 below and 0.05 above each of three accuracies.
    assert row["ci_low"] == pytest.approx(0.3 - 0.1 / np.sqrt(3))
    assert row["ci_high"] == pytest.approx(0.3 + 0.05 / np.sqrt(3))
    # Means of permutations over subjects: 0.4, 0.3, 0.2, 0.1; two are as good as 0.3.
    assert row["p"] == row["q"] == pytest.approx(3 / 5)
    assert row["null_mean"] == pytest.approx(0.25)
    assert row["smallest_effect"] == pytest.approx(np.quantile([0.4, 0.3, 0.2, 0.1], 0.95) - 0.25)
    assert (row["unit"], row["scope"]) == ("runs", "other runs; these people alone")
    assert row["family"] == "means of these subjects"


def test_the_mean_is_tested_by_its_balanced_accuracy():
    members = [one(f"S{n}", "V1", "svm", 0.8, balanced=0.2 + 0.1 * n) for n in range(2)]
    mean = decoding_table(members).iloc[-2]
    assert mean["accuracy"] == pytest.approx(0.8)
    # 0.25 against 0.1, 0.2, 0.3; the accuracy would have 1 / 4.
    assert mean["p"] == pytest.approx(2 / 4)


def test_a_row_says_of_how_many_permutations_its_p_is(tmp_path):
    null = np.linspace(0, 0.3, 99)
    decoded = [one(name, "V1", "svm", 0.5, null=null) for name in ("S1", "S2")]
    save_table(tmp_path / "decoding.tsv", decoding_table(decoded))
    read = read_table(tmp_path / "decoding.tsv", {})
    assert read["permutations"].tolist() == ["99", "99", "99", "n/a"]
    save_table(tmp_path / "decoding.tsv", decoding_table([one("S1", "V1", "svm", 0.5, null=())]))
    assert read_table(tmp_path / "decoding.tsv", {})["permutations"].tolist() == ["n/a"]


def test_five_subjects_show_a_majority():
    null = np.linspace(0, 0.3, 99)
    group = decoding_table([one(f"S{n}", "V1", "svm", 0.5 + n / 50, null=null) for n in range(5)])
    found, single = group.iloc[-1], group.iloc[:5]
    assert found["p"] == found["q"] == pytest.approx(((1 + 0.01) / 2) ** 5)
    assert found["prevalence_low"] == pytest.approx((0.05**0.2 - 0.01) / 0.99)
    assert found["reason"] == ""
    assert (single["p"] == 0.01).all()
    assert (single["q"] == 0.01).all(), "few permutations survive a family of any size"


def test_variants_of_decoders_change_no_q_of_the_others():
    plain = [
        one(subject, roi, "ridge", accuracy, null=np.linspace(0.1, 0.5, 40))
        for subject in ("S1", "S2")
        for roi, accuracy in (("V1", 0.49), ("V2", 0.3))
    ]
    variant = {"variant": {"name": "voxelnull"}}
    null = [replace(each, decoder="null", metrics={**each.metrics, **variant}) for each in plain]
    before, table = decoding_table(plain), decoding_table([*plain, *null])
    of_plain, of_null = (table[table["decoder"] == name] for name in ("ridge", "null"))
    pd.testing.assert_frame_equal(of_plain.reset_index(drop=True), before)
    assert set(of_null["family"]) == {
        "single subjects, voxelnull",
        "means of these subjects, voxelnull",
        "people, voxelnull",
    }
    assert of_null["q"].tolist() == of_plain["q"].tolist()
    together = decoding_table([*plain, *(replace(each, decoder="svm") for each in plain)])
    assert len(set(together["family"])) == 3


def test_q_is_corrected_by_holm_where_nulls_differ_in_length():
    null = np.linspace(0, 0.3, 49)
    table = decoding_table([one("S1", "V1", "svm", 0.5), one("S1", "V2", "svm", 0.5, null=null)])
    assert table["q"].tolist() == [0.02, 0.02]


def test_the_null_is_not_drawn_where_it_is_of_another_measure():
    decoded = [one("S1", "V1", "svm", 0.8, balanced=0.5), one("S1", "V2", "svm", 0.8)]
    (panel,) = decoding_figure(decoding_table(decoded), decoded).axes
    (null,) = [line.get_ydata() for line in panel.lines if line.get_marker() == "_"]
    assert np.isnan(null).tolist() == [True, False]


def interval(values):
    return tuple(ttest_1samp(values, 0).confidence_interval(0.95))


def test_the_interval_of_the_group_is_students():
    values = [0.45, 0.5, 0.52]
    group = decoding_table([one(f"S{n}", "V1", "svm", value) for n, value in enumerate(values)])
    low, high = interval(values)
    assert 0 < low < high < 1
    assert tuple(group.iloc[-1][["ci_low", "ci_high"]]) == pytest.approx((low, high))


def test_the_interval_of_the_group_is_cut_at_0_and_1():
    group = decoding_table([one("S1", "V1", "svm", 0.9), one("S2", "V1", "svm", 0.2)])
    assert tuple(group.iloc[-1][["ci_low", "ci_high"]]) == (0, 1)


def test_subjects_of_one_accuracy_have_no_interval_without_width(tmp_path):
    table = decoding_table([one(f"S{n}", "V1", "svm", 0.45) for n in range(2)])
    save_table(tmp_path / "decoding.tsv", table)
    *single, group = read_table(tmp_path / "decoding.tsv", {}).to_dict("records")
    assert (group["accuracy"], group["ci_low"], group["ci_high"]) == ("0.45", "n/a", "n/a")
    assert group["reason"].startswith("all subjects have the same value; 2 subjects cannot show")
    assert {row["reason"] for row in single} == {""}


def test_measures_that_some_lack_are_means_of_the_others():
    subjects = [one("S1", "V1", "svm", 0.5, top5=0.8), one("S2", "V1", "svm", 0.7, top5=0.9)]
    group = decoding_table(subjects).iloc[-1]
    assert group["top5_accuracy"] == pytest.approx(0.85)


def test_the_table_is_written_and_read(decoded, tmp_path):
    save_table(tmp_path / "decoding.tsv", decoding_table(decoded))
    read = read_table(tmp_path / "decoding.tsv", {"accuracy": float, "n": int, "subjects": int})
    assert len(read) == 8
    assert set(read["top5_accuracy"]) == {"n/a"}


def test_the_figure_shows_accuracy_interval_chance_and_null(decoded, tmp_path):
    decoded = decoded[:4]
    figure = decoding_figure(decoding_table(decoded), decoded)
    (panel,) = figure.axes
    assert panel.get_title() == "S1 (n = 90)"
    assert [label.get_text() for label in panel.get_xticklabels()] == ["V1", "V2"]
    ridge, svm = panel.containers
    np.testing.assert_allclose(ridge.lines[0].get_ydata(), [60, 40])
    np.testing.assert_allclose(svm.lines[0].get_ydata(), [50, 30])
    segment = ridge.lines[2][0].get_segments()[0]
    np.testing.assert_allclose(segment[:, 1], [50, 65])
    nulls = [line.get_ydata() for line in panel.lines if line.get_marker() == "_"]
    np.testing.assert_allclose(
        nulls[0],
        [100 * np.quantile([0.1, 0.3, 0.2, 0.1], 0.95), 100 * np.quantile([0.1, 0.2, 0.3], 0.95)],
    )
    chance = [line.get_ydata() for line in panel.lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose(chance, np.full((4, 2), 12.5))
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["ridge", "svm"]
    assert panel.get_ylim()[0] == 0
    save(figure, tmp_path / "decoding.png", tmp_path / "decoding.svg")


def test_a_panel_a_subject_and_none_for_the_group():
    decoded = [one(name, "V1", "ridge", 0.3) for name in ("S1", "S2")]
    figure = decoding_figure(decoding_table(decoded), decoded)
    assert [panel.get_title()[:2] for panel in figure.axes] == ["S1", "S2"]


def test_without_a_null_there_is_no_p_and_none_for_the_group(tmp_path):
    decoded = [one("S1", "V1", "ridge", 0.3), one("S2", "V1", "ridge", 0.4, null=())]
    none = {"method": "none: nothing to permute", "mean": None, "smallest_effect": None}
    decoded[1].metrics.update(p=None, null=none)
    table = decoding_table(decoded)
    assert table["p"].isna().tolist() == table["q"].isna().tolist() == [False, True, True, True]
    assert table["family"].tolist() == ["single subjects", "", "", ""]
    lacks = "a subject has no null"
    assert table["reason"].tolist() == ["", "none: nothing to permute", lacks, lacks]
    save_table(tmp_path / "decoding.tsv", table)
    assert np.isnan(read_table(tmp_path / "decoding.tsv", {"p": float})["p"].iloc[-1])
    nulls = [
        line.get_ydata()
        for panel in decoding_figure(table, decoded).axes
        for line in panel.lines
        if line.get_marker() == "_"
    ]
    assert np.isnan(nulls).ravel().tolist() == [False, True]
