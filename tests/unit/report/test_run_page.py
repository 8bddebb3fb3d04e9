"""The page of a run: every record, sums of each rule, nothing from outside."""

import re

import pytest

from neuroloop.files.formats import save_json
from neuroloop.report.run_page import by_rule, records, share_at_start, write_run_page
from tests.unit.report.outline import Outline

RECORD = {
    "host": "alpha",
    "started": "2026-01-02T03:04:05+0000",
    "seconds": 1800.0,
    "cpu_seconds": 5400.0,
    "start_cpu_seconds": 540.0,
    "peak_memory_mb": 2500.0,
    "threads": 3,
    "device": "cpu",
}

#: Of a job on a GPU whose imports took longer.
LATE = {"device": "cuda", "start_cpu_seconds": 1080.0}


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    """Records of three jobs of two rules; the record of a fourth is missing."""
    monkeypatch.chdir(tmp_path)
    made = {
        "results/a/run.json": ("decode", {}),
        "results/b/run.json": ("decode", {"host": "beta", "seconds": 900.0, **LATE}),
        "results/c/run.json": ("train", {"seconds": 5400.0, "peak_memory_mb": 900.0}),
    }
    for file, (_, changes) in made.items():
        save_json(file, RECORD | changes)
    return {file: rule for file, (rule, _) in made.items()} | {"results/d/run.json": "train"}


def test_records_that_are_missing_are_passed_over(jobs):
    table = records(jobs)
    assert table["job"].tolist() == ["results/a", "results/b", "results/c"]
    assert table["rule"].tolist() == ["decode", "decode", "train"]
    assert table["seconds"].tolist() == [1800.0, 900.0, 5400.0]


def test_rules_are_summed_the_longest_first(jobs):
    rows = by_rule(records(jobs)).to_dict("records")
    assert rows == [
        {
            "rule": "train",
            "jobs": 1,
            "seconds": 5400.0,
            "cpu_seconds": 5400.0,
            "start_cpu_seconds": 540.0,
            "peak_memory_mb": 900.0,
            "hosts": 1,
        },
        {
            "rule": "decode",
            "jobs": 2,
            "seconds": 2700.0,
            "cpu_seconds": 10800.0,
            "start_cpu_seconds": 1620.0,
            "peak_memory_mb": 2500.0,
            "hosts": 2,
        },
    ]


def test_the_page_tells_of_all_jobs(jobs, tmp_path):
    page = tmp_path / "results/report/run.html"
    write_run_page(jobs, page)
    outline = Outline(page.read_text())
    told = " ".join(outline.of("p")[1].split())
    assert told.startswith(
        "3 jobs on alpha, beta: 2.25 hours of jobs, 4.50 CPU hours, at most 2.5 GB in one job. "
        "13 % of the CPU time went before the work, to Python's start and imports."
    )
    assert [one.strip() for one in outline.of("summary")] == ["By rule 2 rows", "Every job 3 rows"]
    assert {"results/a", "results/b", "results/c", "train"} <= set(outline.of("th"))
    assert {"2700", "10800", "beta", "cuda", RECORD["started"]} <= set(outline.of("td"))
    assert all("open" in one for one in outline.attributes("details"))
    assert [one["href"] for one in outline.attributes("a")] == ["index.html"]
    assert not re.search(r"https?:|url\(|@import|<link", page.read_text())


def test_records_without_a_start_count_to_no_share(jobs, tmp_path):
    old = {key: value for key, value in RECORD.items() if key != "start_cpu_seconds"}
    save_json("results/c/run.json", old)
    assert share_at_start(records(jobs)) == pytest.approx(1620 / 10800)
    write_run_page({"results/c/run.json": "train"}, tmp_path / "run.html")
    assert "went before the work" not in (tmp_path / "run.html").read_text()


def test_one_job_is_one(jobs, tmp_path):
    write_run_page({"results/a/run.json": "decode"}, tmp_path / "run.html")
    assert "1 job on alpha: 0.50 hours" in (tmp_path / "run.html").read_text()


def test_a_run_without_records_has_a_page(tmp_path):
    write_run_page({"results/none/run.json": "decode"}, tmp_path / "run.html")
    text = (tmp_path / "run.html").read_text()
    assert "No job has a record." in text
    assert "nan" not in text.split("<script>")[0]
