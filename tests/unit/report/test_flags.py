"""Flags of the whole run: each kind is raised by a table that gives cause, and by no other."""

import pandas as pd
import pytest

from neuroloop.files.formats import save_table
from neuroloop.report.answers.changes import changes_card
from neuroloop.report.answers.decoding import decoding_card
from neuroloop.report.answers.films import films_card
from neuroloop.report.answers.reading import reading_card
from neuroloop.report.answers.table_flags import (
    change_flags,
    coupling_flags,
    decoding_flags,
    film_flags,
    found_in_networks,
    map_flags,
    network_flags,
    reading_flags,
    teaching_flags,
)
from neuroloop.report.flags import KINDS, Against, Flag, counted, flagged, ordered
from neuroloop.report.page import report_page
from tests.unit.report.study import (
    COMPARED,
    CONFIG,
    DECODED,
    PROVENANCE,
    READ,
    ROUTE,
    SCORED,
    filled,
    passports,
    rows,
)

AREA, FILMS = CONFIG["areas"]["cells"], CONFIG["radiographs"]["chests"]

#: Of sanity tests of a network: a method that passes.
PASSED = {"method": "Grad-CAM", "test": "cascading", "verdict": "sensitive", "reason": ""}

GAP = {
    "kind": "baseline",
    "case": "case1",
    "classifier": "fine",
    "split": "patient",
    "against": "case1, logistic",
    "metric": "macro_f1",
    "difference": 0.1,
    "ci_low": 0.0,
    "ci_high": 0.2,
    "p": 0.2,
    "q": 0.3,
    "smallest_effect": 0.1,
    "reason": "",
}

COUPLED = {"route": "maps", "pairs": 54, "silent_cells": 0}

STUDENTS = pd.DataFrame({"n": [1000, 1000], "flag": ["", ""]})


def kinds(told) -> list[str]:
    return [one.kind for one in told]


def test_a_sentence_has_a_kind_and_is_a_sentence():
    told = Against("The reader is at chance.", "chance")
    assert told == "The reader is at chance."
    assert told.kind == "chance"
    with pytest.raises(ValueError, match="'luck' is no kind of flag"):
        Against("No.", "luck")


def test_flags_are_counted_by_kind_and_each_stands_once():
    told = [Against("a", "few"), Against("b", "few"), "c", Against("d", "leak")]
    flags = ordered(flagged("cells", [*told, told[0]], "#x"))
    assert flags[0] == Flag("cells", "d", "#x", "leak")
    assert counted(flags) == "1 leak, 2 times n too small and 1 remark on an answer"
    assert counted([]) == ""


def test_control_a_region_without_signal():
    block = CONFIG["datasets"]["faces"]
    read = pd.DataFrame([{**DECODED, "roi": "V1"}, {**DECODED, "roi": "Noise"}])
    assert kinds(decoding_card("faces", read, block).against) == ["control"]
    silent = pd.DataFrame([{**DECODED, "roi": "V1"}, {**DECODED, "roi": "Noise", "q": 0.4}])
    assert decoding_card("faces", silent, block).against == ()


def test_control_frames_before_the_stimulus_and_a_reader_at_chance():
    at_chance = {**READ, "measure": "recall", "p": 0.4}
    before = {**READ, "frames_of": "control"}
    table = pd.DataFrame([READ, at_chance, before])
    assert kinds(reading_card("cells", "cnn", {"day": table}, AREA).against) == [
        "control",
        "chance",
    ]
    sound = [READ, {**at_chance, "p": 0.001}, {**before, "ci_low": 0.01, "p": 0.4}]
    assert reading_card("cells", "cnn", {"day": pd.DataFrame(sound)}, AREA).against == ()


def test_control_what_untrained_networks_tell_too():
    beside = {**ROUTE, "note": "NOT ABOVE UNTRAINED NETWORKS: size"}
    chance = {**ROUTE, "route": "maps", "note": "READER AT CHANCE: it names"}
    card = changes_card("cells", "before", "after", pd.DataFrame([beside, chance]), AREA)
    assert kinds(card.against) == ["control", "chance"]
    sound = changes_card("cells", "before", "after", pd.DataFrame([ROUTE]), AREA)
    assert sound.against == ()


def test_control_the_background_of_films():
    gaps = pd.DataFrame([GAP])
    background = {**SCORED, "shown": "background", "ci_low": 0.331, "ci_high": 0.5, "chance": 0.328}
    card = films_card("chests", pd.DataFrame([SCORED, background]), gaps, FILMS)
    assert kinds(card.against) == ["control"]
    assert "[0.331, 0.500], chance 0.328." in card.against[0]  # two digits would show 0.33 twice
    sound = films_card("chests", pd.DataFrame([SCORED, background | {"ci_low": 0.2}]), gaps, FILMS)
    assert sound.against == ()


def test_few_people():
    reason = "2 subjects cannot show a majority of people"
    group = {**DECODED, "subject": "group", "p": float("nan"), "reason": reason}
    told = decoding_flags(pd.DataFrame([DECODED, group, group]))
    assert kinds(told) == ["few"]
    assert told == [f"Of people like these, 2 accuracies have no test: {reason}."]
    assert decoding_flags(pd.DataFrame([DECODED])) == []
    large = decoding_flags(pd.DataFrame([{**group, "p": 0.25}, group]))
    assert large == [
        f"Of people like these, 1 accuracies have no test: {reason}.",
        "Of people like these, 1 accuracies have a p that cannot be small, which shows nothing: "
        f"{reason}.",
    ]


def test_few_images_and_students_that_may_know_them():
    compared = pd.DataFrame([COMPARED, {**COMPARED, "reason": "no image test: not asked for"}])
    assert teaching_flags(STUDENTS, compared) == []
    few = STUDENTS.assign(n=40, flag="pretrained on x: stimuli may be among its images")
    assert kinds(teaching_flags(few, compared)) == ["leak", "few"]


def test_few_trials_recordings_and_partitions():
    none = float("nan")
    assert kinds(reading_flags({"day": pd.DataFrame([{**READ, "p": none}])})) == ["few"]
    assert reading_flags({"day": pd.DataFrame([READ])}) == []
    untested = {**ROUTE, "route": "cosine", "p": none, "note": "fewer than six recordings"}
    assert change_flags(pd.DataFrame([untested])) == [
        "No test of the change by cosine: fewer than six recordings."
    ]
    assert change_flags(pd.DataFrame([ROUTE])) == []
    alone = {**GAP, "p": none, "reason": "one partition"}
    told = film_flags(pd.DataFrame([GAP, alone, {**alone, "metric": "auc"}]))
    assert told == ["1 of 2 differences between trainings have no test: one partition."]
    assert film_flags(pd.DataFrame([GAP])) == []


def test_silent_cells_and_no_pair():
    assert coupling_flags("day", pd.DataFrame([COUPLED])) == []
    told = coupling_flags("day", pd.DataFrame([{**COUPLED, "silent_cells": 2}]))
    assert kinds(told) == ["silent"]
    assert "of 2 cells is not clear" in told[0]
    assert kinds(coupling_flags("day", pd.DataFrame([{**COUPLED, "pairs": 0}]))) == ["void"]


def test_maps_of_a_classifier_at_chance():
    assert kinds(map_flags("At chance: maps say nothing.")) == ["chance"]
    assert map_flags("") == []


def test_void_deletions_and_failed_guards_of_a_network():
    void = {**PASSED, "test": "deletion", "verdict": "void", "reason": "nothing is removed"}
    failed = {**PASSED, "method": "Guided", "verdict": "insensitive"}
    unlearned = {**PASSED, "test": "labels", "verdict": "not memorised"}
    assert network_flags("cnn", pd.DataFrame([PASSED])) == []
    flags = network_flags("cnn", pd.DataFrame([PASSED, void, failed, unlearned]))
    assert [flag.kind for flag in flags] == ["void", "void", "guard"]
    assert flags[0].told == "Deletion of Grad-CAM say nothing: nothing is removed."
    assert "Maps of Guided hardly change with the network" in flags[2].told
    assert {flag.link for flag in flags} == {"../explain/cnn/gallery.html"}


def test_networks_that_were_not_looked_into_raise_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert found_in_networks({"cnn": "model.json"}, []) == []
    folder = tmp_path / "results/explain/cnn"
    folder.mkdir(parents=True)
    table = pd.DataFrame([{**PASSED, "verdict": "insensitive"}])
    table.to_csv(folder / "sanity.tsv", sep="\t", index=False)
    ((of, _, _, kind),) = found_in_networks({"cnn": "model.json", "other": "x"}, [])
    assert (of, kind) == ("network cnn", "guard")
    of_films = {"cnn": "results/cxr/chests/case1/fine/patient/model.json"}
    assert found_in_networks(of_films, ["neurons"]) == []
    assert len(found_in_networks(of_films, ["chests"])) == 1


def test_the_page_counts_all_of_them_on_top_and_links_each(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chapters = filled()
    page = next(one for one in chapters if one.section == "decoding")
    reason = "one person"
    save_table(page.files["accuracies"], rows(DECODED, {}, {"reason": reason}))
    more = [Flag("cells", "Labels from motion.", "../audit/index.html#cells", "leak")]
    text, summary = report_page("NeuroLoop", chapters, passports(), PROVENANCE, more)
    found = [flag["kind"] for flag in summary["flags"]]
    assert found == sorted(found, key=list(KINDS).index)
    assert ("cells", "leak") in {(flag["of"], flag["kind"]) for flag in summary["flags"]}
    assert any(
        flag["kind"] == "few" and flag["link"].startswith("#decoding") for flag in summary["flags"]
    )
    assert f"{len(found)} things to know before you believe these results: " in text
    assert all(flag["link"] for flag in summary["flags"])
