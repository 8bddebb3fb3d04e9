"""The report's script: the page of the chapters that the rule hands it."""

import pandas as pd

from neuroloop.files.formats import save_table
from neuroloop.report.chapters import Chapter
from neuroloop.report.page import report_page
from scripts.report.write_report import write_report


def test_the_script_writes_the_page_of_its_chapters(tmp_path):
    files = {"accuracies": tmp_path / "decoding.tsv", "figure": tmp_path / "decoding.png"}
    row = {"accuracy": 0.5, "p": 0.01, "smallest_effect": 0.0712, "family": "single subjects"}
    rows = [{**row, "q": 0.01}, {**row, "q": 0.06}, {**row, "q": None}]
    rows += [{**row, "family": "people", "q": q} for q in (0.01, 0.06)]
    save_table(files["accuracies"], pd.DataFrame(rows))
    files["figure"].write_bytes(b"picture")
    chapter = Chapter("decoding", "faces", files)
    page = tmp_path / "report" / "index.html"
    write_report(chapters=[chapter.outline], files=list(files.values()), passports=[], page=page)
    assert page.read_text() == report_page("NeuroLoop", [chapter])
    said = page.read_text()
    assert "faces" in said
    findings = ["above chance", "not above chance; 7.1 points could have been seen"]
    findings += ["in most people", "not shown for most people"]
    assert [said.count(f"<td>{finding}</td>") for finding in findings] == [1] * 4
