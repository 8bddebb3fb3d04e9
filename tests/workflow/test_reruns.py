"""Only what changed runs again: the jobs of a dry-run after a full run and one change."""

import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.project import Finished, Project, preset
from tests.unit.report.test_section_recipe import write_recipe

pytestmark = pytest.mark.workflow

#: Ends of every chain.
REPORT = "write_report report"
ABLATION = "summarise_ablation distill/tiny"
DECODING = "summarise_decoding fmri/tiny"
WATCHED = "watch_teaching distill/tiny"


def rules_of(jobs: set[str]) -> set[str]:
    return {job.split()[0] for job in jobs}


def test_a_touch_of_any_file_reruns_nothing(copied: Project) -> None:
    """Also of results above 1 MB, which Snakemake by itself does not compare by content."""
    files = [path for path in copied.folder.rglob("*") if path.is_file() and "/." not in str(path)]
    assert {"Snakefile", "figure.py", "test.yaml", "bdata.h5", "fmri.smk"} <= {
        path.name for path in files
    }
    large = [path for path in files if path.stat().st_size > 1_100_000]
    assert {"bdata.h5", "voxels.npz"} <= {path.name for path in large}
    for path in sorted(files, key=lambda path: path.stat().st_mtime_ns, reverse=True):
        os.utime(path)  # the first one made is the newest now
        time.sleep(0.002)
    assert copied.waiting() == set()


def test_an_edit_of_a_comment_or_docstring_reruns_nothing(copied: Project) -> None:
    for path in (copied.folder / "scripts").rglob("*.py"):
        text = path.read_text()
        edited, count = re.subn(r'^(\s*)"""(?=\w)', r'\1"""Or rather: ', text, flags=re.MULTILINE)
        assert count or not text, path
        path.write_text(f"# Another comment.\n\n{edited}\n\n# And one at the end.\n")
    assert copied.waiting() == set()


def test_an_edit_of_a_figure_reruns_the_figure(copied: Project) -> None:
    copied.edit("neuroloop/distill/figure.py", "markersize=4.5", "markersize=5.5")
    assert copied.waiting() == {ABLATION, REPORT}


def test_an_edit_of_shared_code_reruns_what_imports_it(copied: Project) -> None:
    """And what follows from that: decoders and the CNN that teaches do not."""
    path = "neuroloop/statistics/intervals.py"
    (copied.folder / path).write_text((copied.folder / path).read_text() + "\nMORE = 1\n")
    assert rules_of(copied.waiting()) == {
        "assess_decoding",
        "summarise_decoding",
        "train_students",
        "train_reference_students",
        "summarise_ablation",
        "watch_teaching",
        "write_report",
    }


def test_an_edit_of_a_script_reruns_its_rule(copied: Project) -> None:
    copied.edit("scripts/report/write_report.py", '"NeuroLoop"', '"Report"')
    assert copied.waiting() == {REPORT}


@pytest.mark.parametrize(
    ("path", "old", "new", "jobs"),
    [
        ("neuroloop/report/page.css", "#1d2530", "#1d2531", {REPORT}),
        ("neuroloop/report/report.js", "hashchange", "popstate", {REPORT}),
        ("neuroloop/report/sections/decoding.html.j2", "<p>", "<p class='wide'>", {REPORT}),
        ("neuroloop/report/sections/coupling.html.j2", "<p>", "<p class='wide'>", set()),
        ("neuroloop/explain/gallery/gallery.js", "ArrowLeft", "ArrowUp", set()),
    ],
)
def test_an_edit_of_a_template_reruns_the_page_that_shows_it(
    copied: Project, path: str, old: str, new: str, jobs: set[str]
) -> None:
    copied.edit(path, old, new)
    assert copied.waiting() == jobs


def chain(subject: str, roi: str) -> set[str]:
    """What follows from one region of one subject."""
    return {
        f"decode_linear fmri/tiny/{subject}/{roi}/ridge",
        f"assess_decoding fmri/tiny/{subject}/{roi}/ridge",
        f"train_students distill/tiny/{subject}/{roi}/ridge/brain/tiny_student",
        DECODING,
        ABLATION,
        WATCHED,
        REPORT,
    }


@pytest.mark.parametrize(
    ("path", "value", "jobs"),
    [
        ("datasets.tiny.rois.V1.voxels", 19, chain("S1", "V1") | chain("S2", "V1")),
        (
            "datasets.tiny.subjects.S2.snr",
            0.5,
            chain("S2", "V1")
            | chain("S2", "HVC")
            | {
                "simulate_region fmri/tiny/S2/V1",
                "simulate_region fmri/tiny/S2/HVC",
                "extract_region fmri/tiny/S2/V1",
                "extract_region fmri/tiny/S2/HVC",
                "export_bdata fmri/tiny/S2",
            },
        ),
        (
            "decoders.resnet1d18.epochs",
            3,
            {
                "decode_network fmri/plain/S1/V4/resnet1d18",
                "assess_decoding fmri/plain/S1/V4/resnet1d18",
                "summarise_decoding fmri/plain",
                REPORT,
            },
        ),
        (
            "datasets.tiny.permutations",
            25,
            {
                *{
                    f"assess_decoding fmri/tiny/{subject}/{roi}/ridge"
                    for subject in ("S1", "S2")
                    for roi in ("V1", "HVC")
                },
                DECODING,
                REPORT,
            },
        ),
        (
            "students.tiny_student.temperature",
            2.0,
            {
                "train_reference_students distill/tiny/reference/cnn/tiny_student",
                *{
                    f"train_students distill/tiny/{subject}/{roi}/ridge/brain/tiny_student"
                    for subject in ("S1", "S2")
                    for roi in ("V1", "HVC")
                },
                ABLATION,
                WATCHED,
                REPORT,
            },
        ),
    ],
)
def test_a_setting_reruns_what_uses_it(
    finished: Finished, tmp_path: Path, path: str, value: Any, jobs: set[str]
) -> None:
    config = preset("test")
    *parents, last = path.split(".")
    block = config
    for key in parents:
        block = block[key]
    assert block[last] != value
    block[last] = value
    project = finished.project.write_config(str(tmp_path / "own.yaml"), config)
    assert project.waiting() == jobs


def test_a_simulated_region_more_is_simulated_and_decoded_alone(
    finished: Finished, tmp_path: Path
) -> None:
    config = preset("test")
    rois = config["datasets"]["tiny"]["rois"]
    rois["V2"] = rois["V1"] | {"snr": 0.5}
    project = finished.project.write_config(str(tmp_path / "own.yaml"), config)
    expected = chain("S1", "V2") | chain("S2", "V2")
    for subject in ("S1", "S2"):
        expected |= {
            f"simulate_region fmri/tiny/{subject}/V2",
            f"extract_region fmri/tiny/{subject}/V2",
            f"export_bdata fmri/tiny/{subject}",
        }
    assert project.waiting() == expected


def test_a_section_more_writes_the_report_again_and_nothing_else(copied: Project) -> None:
    config = preset("test")
    config["plugins"] = [write_recipe(copied.folder).name]
    project = copied.write_config("own.yaml", config)
    assert project.waiting() == {REPORT}
    project.run("all")
    page = (project.folder / "results/report/index.html").read_text()
    assert "Images that subjects saw, by category." in page
    project.edit("stimuli.html.j2", "Images that", "All images that")
    assert project.waiting() == {REPORT}
