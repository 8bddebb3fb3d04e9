"""Every source of brain data keeps its contract, the recipe's too; broken ones are told."""

import re
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest

from neuroloop import registry
from neuroloop.config.check import ConfigError, filled
from neuroloop.config.study import forget
from neuroloop.contracts.source import check_region, check_source
from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.bdata import write_bdata
from neuroloop.fmri.brain import BrainData, make_rows
from neuroloop.fmri.region_voxels import RegionVoxels
from neuroloop.fmri.source import ImportedRegion
from tests.project import ROOT, preset

GENERATOR = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _no_plugins(monkeypatch):
    monkeypatch.setattr(registry, "_PLUGINS", {})


def of_bdata(folder):
    rows = make_rows(
        session="training", run="1122", block="1234", stimulus_id="abcd", category="xyxy"
    )
    x = GENERATOR.normal(size=(4, 3)).astype(np.float32)
    brain = BrainData(x, rows, {"V1": np.array([True, True, False])})
    write_bdata(folder / "s1.h5", brain, "trial")
    return {"subjects": {"s1": {"file": str(folder / "s1.h5")}}}


def of_paired(folder):
    labels = np.arange(12) % 3
    np.savez(
        folder / "s1.npz",
        x=GENERATOR.normal(size=(12, 5)),
        shown=GENERATOR.integers(0, 256, (12, 16)),
        labels=labels,
    )
    variables = {"voxels": ["x"], "images": ["shown"], "labels": ["labels"]}
    layout = {
        "image_order": "C",
        "image_shape": [4, 4],
        "label_names": dict(zip("012", "abc", strict=True)),
    }
    return {
        "paired": variables | layout,
        "subjects": {"s1": {"file": str(folder / "s1.npz")}},
    }


def of_nifti(folder):
    for name, data in (
        ("bold", GENERATOR.normal(size=(2, 2, 2, 12))),
        ("mask", np.ones((2, 2, 2))),
    ):
        image = nibabel.Nifti1Image(data.astype(np.float32), np.eye(4))
        image.header.set_zooms((3, 3, 3, 2)[: data.ndim])
        nibabel.save(image, folder / f"{name}.nii")
    events = "onset\tduration\ttrial_type\n2\t4\tcat\n12\t4\tdog\n"
    (folder / "events.tsv").write_text(events)
    cleaning = {"repetition_time": 2.0, "shift": 0.0, "detrend": False, "high_pass": None}
    return {
        "nifti": cleaning | {"unit": "volume", "rest": "rest"},
        "subjects": {
            "s1": {"bold": [str(folder / "bold.nii")], "events": [str(folder / "events.tsv")]}
        },
        "rois": {"V1": {"mask": str(folder / "mask.nii")}},
    }


DATASETS = {"bdata": of_bdata, "paired": of_paired, "nifti": of_nifti}


@pytest.mark.parametrize("name", registry.having("fmri_source", "read"))
def test_a_source_keeps_its_contract(name, tmp_path):
    dataset = DATASETS[name](tmp_path)
    source = registry.entry("fmri_source", name)
    given = source.inputs(dataset, "s1")
    files = {key: [Path(path) for _, path in named] for key, named in given.items()}
    check_source(name, files, **source.options(dataset, "s1"))
    if hasattr(source, "read_region"):
        read = source.read(files, **source.options(dataset, "s1"))
        given = source.region_inputs(dataset, "s1", "V1")
        files = {key: [Path(path) for _, path in named] for key, named in given.items()}
        options = source.region_options(dataset, "V1")
        region = source.read_region(files, "V1", read.scan, **options)
        check_region(name, region, len(read.brain.rows), "mask.nii")


REGION = RegionVoxels(np.array([1, 4]))
BROKEN_REGIONS = {
    "read_region gives ndarray": np.zeros((3, 2), np.float32),
    r"float64 of shape \(3, 2\)": ImportedRegion(np.zeros((3, 2)), REGION),
    r"of shape \(2, 2\) from mask.nii": ImportedRegion(np.zeros((2, 2), np.float32), REGION),
    "ascend: sort": ImportedRegion(np.zeros((3, 2), np.float32), RegionVoxels(np.array([4, 1]))),
    "mask.nii: 6 NaN": ImportedRegion(np.full((3, 2), np.nan, np.float32), REGION),
}


@pytest.mark.parametrize("said", BROKEN_REGIONS)
def test_a_region_that_breaks_its_contract_is_told(said):
    with pytest.raises(NeuroLoopError, match=said):
        check_region("mine", BROKEN_REGIONS[said], 3, "mask.nii")


# ---------------------------------------------------------------------------------- the recipe


@pytest.fixture
def recipe(tmp_path):
    """The recipe's source, the lines that check it, and files for it."""
    page = (ROOT / "docs" / "recipes" / "source.md").read_text()
    code, check = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "array_table.py").write_text(code)
    np.save(tmp_path / "x.npy", GENERATOR.normal(size=(8, 6)))
    table = pd.DataFrame({"run": [1, 1, 1, 1, 2, 2, 2, 2], "stimulus_id": list("abcdabcd")})
    table.assign(category=["cat", "dog"] * 4).to_csv(tmp_path / "events.tsv", sep="\t", index=False)
    return tmp_path, check


def test_the_recipe_runs_as_it_stands(recipe, monkeypatch):
    folder, check = recipe
    monkeypatch.chdir(folder)
    exec(check, {})  # what the page tells to type
    assert "array_table" in registry.names("fmri_source")
    source = registry.entry("fmri_source", "array_table")
    dataset = {"subjects": {"s1": {"voxels": "x.npy", "events": "events.tsv"}}}
    assert source.inputs(dataset, "s1") == {
        "voxels": [("subjects.s1.voxels", "x.npy")],
        "events": [("subjects.s1.events", "events.tsv")],
    }


def test_a_config_may_name_the_recipes_source(recipe):
    folder, _ = recipe
    registry.add_plugin(folder / "array_table.py")
    forget()
    dataset = {
        "source": "array_table",
        "subjects": {"s1": {"voxels": "x.npy", "events": "events.tsv"}},
        "rois": {"all": {}},
        "decoders": ["ridge"],
    }

    def checked(**changes):
        return filled(preset("config") | {"datasets": {"mine": dataset | changes}})

    try:
        assert checked()["datasets"]["mine"]["rois"] == {"all": {"voxels": None}}
        with pytest.raises(ConfigError, match=r"datasets.mine: unknown key array_table"):
            checked(array_table={"scale": 1})
        with pytest.raises(ConfigError, match=r"datasets.mine.subjects.s1: 'events' is missing"):
            checked(subjects={"s1": {"voxels": "x.npy"}})
        with pytest.raises(
            ConfigError, match=r"source: 'array_tables' is not one of .*array_table"
        ):
            checked(source="array_tables")
    finally:
        forget()


BREAKS = {
    "x.shape[1], dtype=bool)})": ("x.shape[1])})", "ROI all flags 6 voxels"),
    'unit="trial"': ('unit="event"', "unit is 'event': one of volume, block, trial"),
    ".astype(np.float32)": ("", r"reads no brain data: voxels are float64\(8, 6\)"),
    "return Imported(": ("return dict(brain=", "read gives dict, no `source.Imported`"),
    "def options(": ("def choices(", "has no function options: write it"),
    "x = np.load": (
        "x = np.random.default_rng().random() + np.load",
        "reads the same files otherwise the second time",
    ),
}


@pytest.mark.parametrize("there", BREAKS)
def test_a_source_that_breaks_its_contract_is_told(recipe, there):
    folder, _ = recipe
    file = folder / "array_table.py"
    code = file.read_text()
    assert there in code
    instead, said = BREAKS[there]
    file.write_text(code.replace(there, instead))
    files = {"voxels": [folder / "x.npy"], "events": [folder / "events.tsv"]}
    with pytest.raises(NeuroLoopError, match=said) as caught:
        check_source(file, files)
    assert "\n" not in str(caught.value)
