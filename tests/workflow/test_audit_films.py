"""The audit of chest X-rays: a clean folder and a spoilt one, as users have them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.project import Project, preset
from tests.unit.cxr.audit.films import drawn, write_folder

pytestmark = pytest.mark.workflow

SIZE = 48


def audit_config() -> dict[str, Any]:
    """Two folders, a logistic regression on a network of width 4, two surrogates."""
    default = preset("config")
    block = default["radiographs"]["chests"] | {
        "source": "files",
        "classes": {},
        "size": SIZE,
        "folds": 3,
        "cases": ["case1"],
        "classifiers": ["linear"],
        "baseline": None,
        "ensembles": [],
        "leakage": [],
        "maps": [],
        "bootstraps": 100,
    }
    del block["simulation"]
    return preset("test") | {
        "run": ["clean", "spoilt"],
        "audit": {"surrogates": 2},
        "classifiers": {
            "linear": default["classifiers"]["logistic"]
            | {"backbone": "resnet18", "weights": None, "width": 4, "stem": "small"}
        },
        "radiographs": {name: block | {"path": name} for name in ("clean", "spoilt")},
    }


def spoil(folder: Path) -> None:
    """A mark in a corner by class, and brighter ones of some radiographs as other patients'."""
    for path in sorted((folder / "normal").iterdir()):
        pixels = np.array(Image.open(path))
        pixels[2:5, 42:46] = 255
        Image.fromarray(pixels).save(path)
    for number, path in enumerate(sorted((folder / "virus").iterdir())[:10]):
        pixels = np.array(Image.open(path)) * 0.96 + 5
        again = path.with_name(f"person{900 + number}_virus_1.png")
        Image.fromarray(pixels.astype(np.uint8)).save(again)


def test_a_clean_folder_and_a_spoilt_one(tmp_path: Path) -> None:
    for name in ("clean", "spoilt"):
        write_folder(tmp_path / "data" / name, drawn(3, 30, SIZE, contrast=0.7))
    spoil(tmp_path / "data/spoilt")
    made = Project.make(tmp_path / "project", data=tmp_path / "data")
    made.write_config("own.yaml", audit_config()).run("audit")
    flags = pd.read_csv(made.folder / "results/audit/flags.tsv", sep="\t")
    found = set(flags["name"][(flags["data"] == "spoilt") & (flags["found"] == 1)])
    assert found >= {
        "class from borders and corners",
        "near-copies on both sides of a fold",
        "one patient under several names",
    }
    assert not flags["found"][flags["data"] == "clean"].any()
    counts = pd.read_csv(made.folder / "results/audit/surrogates.tsv", sep="\t")
    assert counts["surrogates"].tolist() == [2] * 4
    assert set(counts["of"]) == {"case1, linear"}
    assert not counts["found"].any()
    facts = json.loads((made.folder / "results/audit/cxr/clean/flags.json").read_text())
    assert len(facts["checks"]) == len(flags) / 2
    assert not (made.folder / "results/cxr/clean/case1").exists(), "nothing of `all` is trained"


def test_a_refused_folder_leaves_the_page_of_the_others(tmp_path: Path) -> None:
    """With --keep-going or without; and once it is mended, the page of all."""
    for name in ("clean", "spoilt"):
        write_folder(tmp_path / "data" / name, drawn(3, 30, SIZE, contrast=0.7))
    broken = next((tmp_path / "data/spoilt/virus").iterdir())
    whole = broken.read_bytes()
    made = Project.make(tmp_path / "project", data=tmp_path / "data")
    made = made.write_config("own.yaml", audit_config() | {"audit": {"surrogates": 0}})
    page = made.folder / "results/audit/index.html"
    broken.write_bytes(b"no image")
    page.parent.mkdir(parents=True)
    for arguments in (["--keep-going"], []):
        page.write_text("of an earlier run")
        said = made.call("audit", "--cores", "1", *arguments)
        assert said.status != 0
        assert "Audit: Not all was audited, of spoilt: see there. In the rest nothing" in said.text
        text = page.read_text()
        assert "<strong>list_radiographs dataset=spoilt</strong> failed: " in text
        assert f"{broken.name}" in text
        assert "Read <code>logs/cxr/spoilt/list_radiographs.log</code>" in text
        flags = pd.read_csv(made.folder / "results/audit/flags.tsv", sep="\t")
        assert set(flags["data"]) == {"clean"}
    broken.write_bytes(whole)
    assert "Nothing was found: " in made.run("audit").text
    assert "failed: " not in page.read_text()
