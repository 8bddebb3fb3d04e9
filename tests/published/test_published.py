"""The counting of `make published`, and that nothing of it enters another table."""

import re
from pathlib import Path

import pytest

from neuroloop import registry
from neuroloop.published.protocol import flaws
from tests.calibrate.study_code import study_hash
from tests.project import ROOT
from tests.published import table
from tests.published.studies import PARTS, WORLDS, all_studies, concerned, interval

STUDIES = all_studies()


def test_each_flaw_is_studied_alone_beside_strict_and_all():
    names = [study.name for study in STUDIES]
    assert len(set(names)) == len(names)
    assert {flaw for part in PARTS for flaw in concerned(part)} == set(flaws())
    for part in PARTS:
        expected = {"strict", "all", *(flaw.replace("_", "-") for flaw in concerned(part))}
        for world in WORLDS:
            begin = f"{part}-{world}-"
            assert {name[len(begin) :] for name in names if name.startswith(begin)} == expected
    assert {study.world: study.studies for study in STUDIES} == {"noise": 100, "signal": 30}


def test_all_take_less_than_three_hours_on_two_cores():
    assert sum(study.studies * study.seconds for study in STUDIES) < 2 * 3 * 3600


def test_protocols_are_given_the_same_brains_and_an_edit_of_a_flaw_counts_its_studies_anew():
    alike = [one for one in STUDIES if (one.part, one.world) == ("decoding", "noise")]
    given = {study.name: study.run for study in alike}
    seeds = []
    for study in alike:
        object.__setattr__(study, "study", seeds.append)
        given[study.name](7)
    assert len(set(seeds)) == 1
    hashes = {study_hash(study) for study in all_studies()}
    assert len(hashes) == len(STUDIES)
    for study in STUDIES:
        files = {Path(entry) for entry in study.entries}
        for flaw in study.protocol.switched_on:
            assert Path(f"neuroloop/published/flaws/{flaw}.py") in files
        assert all((ROOT / file).is_file() for file in files)


def test_tables_by_hand(tmp_path):
    # Student's t of two degrees of freedom: 4.30265 standard errors of 1 / sqrt(3).
    assert interval([1.0, 2.0, 3.0]) == pytest.approx((2, 2 - 2.48414, 2 + 2.48414), abs=1e-5)
    chosen = [one for one in STUDIES if one.name in ("decoding-noise-strict", "students-noise-all")]
    found = {
        "decoding-noise-strict": [(1.0, 0.0), (2.0, 1.0), (3.0, 1.0)],
        "students-noise-all": [(5.0, 1.0, 1.0), (7.0, 1.0, 1.0)],
    }
    made = table.tables(chosen, found)
    strict, every = made["decoding"].iloc[0], made["students"].iloc[0]
    assert strict["protocol"] == "strict"
    assert (strict["points"], strict["studies"], strict["of"]) == (2, 3, 100)
    assert strict["found"] == pytest.approx(2 / 3)
    # Clopper-Pearson of 2 of 3, as in the test of the calibration.
    assert (strict["found_low"], strict["found_high"]) == pytest.approx((0.0943, 0.9916), abs=1e-4)
    assert (every["overstated"], every["gain"], every["claimed"]) == (6, 1, 1)
    table.save(tmp_path / "made", made)
    for file in (tmp_path / "made").iterdir():
        assert file.name.startswith("published_")
    lines = table.markdown("decoding", made["decoding"]).splitlines()
    assert lines[-1] == "| **strict** | +2.0 [-0.5, 4.5] | 67 [9, 99] | 3 of 100 |"


def test_a_study_without_points_is_counted_and_said():
    chosen = [one for one in STUDIES if one.name == "maps-noise-strict"]
    found = {"maps-noise-strict": [(1.0, 0.0), (float("nan"), 0.0), (3.0, 1.0)]}
    made = table.tables(chosen, found)["maps"]
    row = made.iloc[0]
    assert (row["points"], row["studies"], row["without"]) == (2, 3, 1)
    assert row["found"] == pytest.approx(1 / 3)
    assert "| 3 of 100 (1 without points) |" in table.markdown("maps", made)


def test_results_carry_the_word():
    for study in STUDIES:
        on = study.protocol.switched_on
        assert study.protocol.name == (f"published: {', '.join(on)}" if on else "strict")


def test_nothing_else_reads_them():
    """Neither rules nor scripts nor another room of the library names the room or its results."""
    files = [ROOT / "Snakefile", *(ROOT / "rules").rglob("*"), *(ROOT / "scripts").rglob("*.py")]
    rooms = (ROOT / "neuroloop").rglob("*.py")
    files += [file for file in rooms if "published" not in file.parts]
    assert len(files) > 300
    for file in files:
        if file.is_file() and file.suffix != ".pyc":
            text = file.read_text(encoding="utf-8")
            assert not re.search(r"results/published|neuroloop[./]published", text), file


def test_the_checklist_says_what_the_tables_say():
    """Every number stands in the row of its flaw in docs/published.md; none is left out."""
    tables, part = {}, ""
    for line in (ROOT / "docs/published.md").read_text(encoding="utf-8").splitlines():
        heads = [name for name, head in table.HEADS.items() if line == f"{head}:"]
        part = heads[0] if heads else part
        if part and line.startswith("| "):
            title, *cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            tables[part, title] = cells
    text = (ROOT / "docs/checklist.md").read_text(encoding="utf-8")
    named = re.findall(r"<!-- counted: (\w+) (\w+) -->(.*?)<!-- end -->", text)
    assert len(named) == text.count("<!-- counted:") >= len(flaws())
    assert {flaw for _, flaw, _ in named} - {"strict"} == set(flaws())
    for part, flaw, words in named:
        assert flaw == "strict" or flaw in concerned(part)
        cells = tables[part, "**strict**" if flaw == "strict" else flaws()[flaw].TITLE]
        *points, rate = re.findall(r"[-+]?\d+(?:\.\d)?", words)
        means = len(table.NUMBERS[part]) - 1
        assert [cell.split()[0] for cell in cells[: means + 1]] == [*points, rate], (part, flaw)


def test_the_checklist_is_filled_by_the_tables(tmp_path):
    (chosen,) = [one for one in STUDIES if one.name == "students-noise-one-seed"]
    made = table.tables([chosen], {chosen.name: [(5.0, 1.0, 1.0), (7.0, 1.0, 0.0)]})
    file = tmp_path / "page.md"
    file.write_text(
        "| a | <!-- counted: students one_seed --><!-- end --> | b |\n"
        "| c | <!-- counted: films image_split -->+1.0<!-- end --> |\n"
    )
    table.fill(file, made)
    assert file.read_text() == (
        "| a | <!-- counted: students one_seed -->overstated +6.0, gain +1.0, claimed in 50 %"
        "<!-- end --> | b |\n"
        "| c | <!-- counted: films image_split -->+1.0<!-- end --> |\n"
    )


def test_the_page_names_as_many_controls_as_there_are():
    controls = set(registry.names("teacher")) - {"brain"}
    page = (ROOT / "docs/published.md").read_text(encoding="utf-8")
    (said,) = re.findall(r"\[(\w+) controls\]", page)
    words = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"]
    assert words.index(said) + 10 == len(controls)
    listed = (ROOT / "docs/distillation.md").read_text(encoding="utf-8").split("## Teachers")[1]
    rows = re.findall(r"^\| `(\w+)` \|", listed.split("\n### ")[0], re.MULTILINE)
    assert set(rows) - {"brain"} == controls
