"""Small simulated sets of radiographs, clean and spoilt, as the audit reads them."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from neuroloop.cxr.radiograph_set import RadiographSet
from neuroloop.cxr.simulate import simulate_radiographs
from neuroloop.cxr.simulated_settings import RadiographSettings
from neuroloop.report.audit import read_checks
from scripts.cxr.audit_radiographs import audit_radiographs
from scripts.cxr.list_radiographs import list_radiographs
from scripts.cxr.split_radiographs import split_radiographs


def drawn(seed: int, radiographs_per_class: int = 15, size: int = 32, **settings) -> RadiographSet:
    """A simulated set, as `load_radiograph_set` reads it."""
    made = simulate_radiographs(
        seed,
        RadiographSettings(size=size, radiographs_per_class=radiographs_per_class, **settings),
    )
    table = pd.DataFrame(
        {"radiograph": made.radiographs, "label": made.labels, "patient": made.patients}
    )
    if settings.get("sites", 1) > 1:
        table["site"] = made.sites
    pixels = np.rint(made.images * 255).astype(np.uint8)
    return RadiographSet(table, pixels, made.lungs, made.lesions)


def write_folder(folder: Path, shown: RadiographSet, suffix: str = "png") -> Path:
    """The set as a user's files: a folder a class, names that tell the patient."""
    for row, (name, label) in enumerate(
        zip(shown.table["radiograph"], shown.table["label"], strict=True)
    ):
        path = folder / label / f"{name}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(shown.pixels[row]).save(path)
    return folder


def audited(source: Path, results: Path, size: int) -> dict[str, str]:
    """Names of the flags of files, each with what is told; through the scripts of the rules."""
    out = {
        "radiographs": results / "radiographs.npy",
        "regions": results / "regions.npz",
        "table": results / "radiographs.tsv",
        "dropped": results / "dropped.tsv",
        "properties": results / "file_properties.tsv",
        "intake": results / "intake.json",
    }
    list_radiographs(
        source=source, outputs=out, classes={}, size=size, fit="crop", white=None, patients_of=None
    )
    folds = results / "folds.tsv"
    split_radiographs(
        table=out["table"], folds=folds, balance=results / "balance.tsv", n_folds=3, seed=0
    )
    audit_radiographs(
        source=source,
        radiographs=out["radiographs"],
        regions=out["regions"],
        folds=folds,
        dropped=out["dropped"],
        properties=out["properties"],
        other_radiographs=[],
        other_tables=[],
        known=[],
        flags=results / "flags.json",
        seed=0,
    )
    checks, _ = read_checks(results / "flags.json")
    return {check.name: check.told for check in checks if check.found}
