"""The workflow's own results, the registry of downloads, and the config."""

import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from snakemake.utils import update_config

from neuroloop.files.download_registry import REGISTRY, read_registry
from neuroloop.files.formats import (
    load_array,
    load_arrays,
    read_json,
    read_table,
    save_array,
    save_arrays,
    save_table,
)
from neuroloop.files.intake import Intake, read_intake
from neuroloop.workflow.configuration import settle
from tests.fuzz.config_file import load
from tests.fuzz.readers import Reader

ROOT = Path(__file__).parents[2]
X = np.random.default_rng(0).standard_normal((6, 4))


def write_table(folder: Path) -> None:
    table = pd.DataFrame({"sample": ["a", "b", "c"], "fold": [1, 2, 1], "p": [0.5, np.nan, 1.0]})
    save_table(folder / "x.tsv", table)


def write_array(folder: Path) -> None:
    save_array(folder / "x.npy", X, axes=("row", "column"), units="1", ids={"row": "abcdef"})


def write_arrays(folder: Path) -> None:
    names = np.array(["a", "bc"])
    save_arrays(
        folder / "x.npz",
        {"x": X, "names": names, "n": np.array(3)},
        axes={"x": ("row", "column"), "names": ("name",), "n": ()},
    )


def write_intake(folder: Path) -> None:
    intake = Intake(recognised=["It is."], warnings=["Look."])
    intake.drop("rows", "the config drops them", 3)
    write_table(folder)
    intake.read(folder / "x.tsv")
    intake.save(folder / "intake.json")


def write_registry(folder: Path) -> None:
    shutil.copy(REGISTRY, folder / "datasets.tsv")


def write_config(folder: Path) -> None:
    shutil.copy(ROOT / "config" / "test.yaml", folder / "study.yaml")


def read_config(folder: Path) -> Any:
    given = load(folder / "study.yaml")
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    update_config(config, deepcopy(given))
    settle(config, given)
    return config


COLUMNS = {"sample": str, "fold": int, "p": float}
READERS = [
    Reader("table .tsv", write_table, lambda f: read_table(f / "x.tsv", COLUMNS), "x.tsv"),
    Reader("array .npy", write_array, lambda f: load_array(f / "x.npy"), "x.npy"),
    Reader("sidecar .json", write_array, lambda f: load_array(f / "x.npy"), "x.json"),
    Reader("facts .json", write_array, lambda f: read_json(f / "x.json"), "x.json"),
    Reader("arrays .npz", write_arrays, lambda f: load_arrays(f / "x.npz"), "x.npz", checked=True),
    Reader("intake .json", write_intake, lambda f: read_intake(f / "intake.json"), "intake.json"),
    Reader("downloads .tsv", write_registry, lambda f: read_registry(f / "datasets.tsv"), "*.tsv"),
    Reader("config .yaml", write_config, read_config, "study.yaml"),
]
