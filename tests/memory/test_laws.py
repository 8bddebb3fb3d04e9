"""The law of each rule, fitted to what its calls take at four sizes, up to studies of full size."""

from functools import cache

import nilearn.signal  # noqa: F401 - so that no call imports it
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from neuroloop.calcium.zncc import zncc
from neuroloop.distill.students import Student, train_students
from neuroloop.files.formats import open_array, save_rows
from neuroloop.fmri.masks import Region
from neuroloop.fmri.nifti_region import read_region
from neuroloop.fmri.sources.nifti import Nifti
from neuroloop.registry import entry
from neuroloop.training.recipe import Recipe
from neuroloop.workflow.memory import LAWS, PLAIN, TORCH, network_items
from scripts.cxr.list_radiographs import list_radiographs
from scripts.fmri.import_subject import import_subject
from tests.memory.fit import check, fitted
from tests.memory.peak import peak_bytes

#: A subject of Generic Object Decoding: volumes, and bytes of a run of whole brains of 3 mm.
GOD_VOLUMES, GOD_RUN = 35 * 175, 64 * 64 * 50 * 175 * 2

#: Images of students of full size, a side of them, and their classes.
IMAGES, SIDE, CLASSES = 10_000, 256, 150

STUDENT = {
    **{"depth": 18, "width": 4, "stem": "small", "weights": None, "temperature": 4.0},
    **{"alpha": 0.5, "epochs": 1, "batch_size": 64, "learning_rate": 0.05, "momentum": 0.9},
    **{"nesterov": True, "crop": 16, "pad": 1, "flip": True, "batched_networks": 1},
}


# ------------------------------------------------------------------------------- radiographs


@cache
def listing(folder, count, size=16):
    """Bytes that listing so many radiographs takes."""
    source = folder / f"{count}"
    if not source.exists():
        drawn = np.random.default_rng(1)
        for number in range(count):
            path = source / "ab"[number % 2] / f"p{number}-{number}.bmp"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(drawn.integers(0, 256, (20, 20), dtype=np.uint8)).save(path)
    names = {"radiographs": "npy", "regions": "npz", "table": "tsv", "dropped": "tsv"}
    names |= {"properties": "tsv", "intake": "json"}
    out = {name: folder / "out" / f"{name}.{form}" for name, form in names.items()}
    options = {"classes": {}, "size": size, "fit": "crop", "white": None, "patients_of": None}
    return peak_bytes(
        lambda: list_radiographs(source=source, outputs=out, **options), mapped=out["radiographs"]
    )


def test_radiographs_are_listed_in_memory_that_hangs_on_their_number(tmp_path):
    of_none, an_item = fitted([300, 600, 900, 1200], lambda count: listing(tmp_path, count))
    taken = PLAIN + (max(0, of_none) + 100_000 * an_item) / 1e6
    check("list_radiographs", {"radiograph": 100_000}, taken)


def test_pixels_of_radiographs_are_never_all_in_memory(monkeypatch, tmp_path):
    """600 of 160 x 160 are 15 MB; batches of 256 kB are what is read of them."""
    monkeypatch.setattr("neuroloop.files.array_rows.BATCH", 2**18)
    small, large = (listing(tmp_path, 600, size) for size in (16, 160))
    assert large - small < 0.35 * 600 * 160**2


# ---------------------------------------------------------------------------------- students


def training(folder, count, side, **changes):
    """Bytes that training a student on so many images takes."""
    block = STUDENT | changes
    image = np.random.default_rng(1).integers(0, 256, (3, side, side), dtype=np.uint8)
    path = folder / f"{count}-{side}.npy"
    save_rows(path, (image for _ in range(count)), count, axes="icyx", units="1")
    rows, _ = open_array(path)
    names = set(block) - {"epochs", "batch_size", "learning_rate", "momentum", "nesterov"}
    recipe = Recipe(**{name: value for name, value in block.items() if name not in names})
    student = Student(**{name: block[name] for name in names}, recipe=recipe)
    labels, logits = np.arange(count) % 3, np.zeros((1, count, 3), np.float32)
    tests = rows.take(np.arange(8))
    return peak_bytes(
        lambda: train_students(
            rows[:], labels, logits, tests, 3, student, [1], torch.device("cpu")
        ),
        mapped=path,
    )


def test_students_hold_each_image_once_in_256_levels(tmp_path):
    counts = [200, 400, 600, 800]
    of_none, an_image = fitted(counts, lambda count: training(tmp_path, count, 160))
    a_level = an_image / (3 * 160**2)
    assert a_level < 1.5, "more than uint8 is held of each image"
    full = {"image": IMAGES, "image level": IMAGES * 3 * SIDE**2, "logit": 10 * IMAGES * CLASSES}
    full |= network_items(STUDENT, 1)
    taken = TORCH + (of_none + a_level * full["image level"] + 8 * full["logit"]) / 1e6
    check("train_students", full, taken)


def test_students_hold_what_their_networks_keep_of_a_batch(tmp_path):
    """Of networks wide enough that little else is held."""
    widths = [4, 8, 12, 16]
    of_none, a_width = fitted(
        widths, lambda width: training(tmp_path, 64, 32, width=width, crop=32)
    )
    law = network_items(STUDENT | {"width": 1, "crop": 32}, 1)["kept byte"]
    # Networks so small take 0.6 of it, where what one layer frees serves the next.
    assert 0.4 * law < a_width < law / 0.85
    assert of_none / 1e6 < LAWS["train_students"].base - TORCH + 40


# ------------------------------------------------------------------------------------- masks


AFFINE = np.diag([3.0, 3.0, 3.0, 1.0])


def scans(folder, volumes, runs, side, suffix="nii", slope=None):
    """BOLD images of a subject."""
    import nibabel

    paths = [folder / f"sub-1_run-{run}_bold.{suffix}" for run in range(runs)]
    for number, path in enumerate(paths):
        drawn = np.random.default_rng(number)
        values = drawn.integers(0, 1000, (side, side, side, volumes), dtype=np.int16)
        image = nibabel.Nifti1Image(values, AFFINE)
        image.header.set_zooms((3, 3, 3, 2))
        image.header.set_slope_inter(slope, 0 if slope else None)
        nibabel.save(image, path)
    return paths


def region(folder, volumes, voxels, runs=2, side=24, **form):
    """Bytes that reading a region takes."""
    import nibabel

    paths = scans(folder, volumes, runs, side, **form)
    mask = np.zeros(side**3, np.uint8)
    mask[:voxels] = 1
    nibabel.save(nibabel.Nifti1Image(mask.reshape(side, side, side), AFFINE), folder / "mask.nii")
    names = [f"run-{run}" for run in range(runs) for _ in range(volumes)]
    table = pd.DataFrame({"run": names, "repetition_time": 2.0, "sample": range(len(names))})
    return peak_bytes(lambda: read_region(paths, Region(folder / "mask.nii"), "V1", table))


def test_a_region_takes_one_run_and_its_own_course(tmp_path):
    of_none, a_voxel = fitted([1500, 3000, 4500, 6000], lambda n: region(tmp_path, 60, n, runs=4))
    full = {"run byte": GOD_RUN, "series value": GOD_VOLUMES * 4500}
    a_value = a_voxel / (4 * 60)
    taken = PLAIN + (max(0, of_none) + a_value * full["series value"] + 2.2 * GOD_RUN) / 1e6
    check("extract_region", full, taken)


@pytest.mark.parametrize("slope", [None, 0.5])
def test_one_run_at_a_time_is_in_memory(tmp_path, slope):
    """Compressed images, whose values cannot be mapped."""
    sides = [24, 32, 40, 48]
    form = {"suffix": "nii.gz", "slope": slope}
    of_none, a_voxel = fitted(
        [side**3 for side in sides],
        lambda cubed: region(tmp_path, 30, 200, side=round(cubed ** (1 / 3)), **form),
    )
    a_byte = a_voxel / 30 / (2 if slope is None else 10)
    law = LAWS["extract_region"].terms["run byte"]
    assert 0.4 * law < a_byte < law / 0.85
    assert of_none < 40e6


def importing(folder, volumes, runs=2, side=24, **form):
    """Bytes that importing a subject's images takes."""
    paths, tables = scans(folder, volumes, runs, side, **form), []
    for number, path in enumerate(paths):
        blocks = range(volumes // 10)
        table = pd.DataFrame({"onset": [20.0 * block for block in blocks], "duration": 10.0})
        table["trial_type"] = [["face", "house"][block % 2] for block in blocks]
        table["stim_file"] = [f"{number}-{block}.png" for block in blocks]
        tables.append(path.parent / f"sub-1_run-{number}_events.tsv")
        table.to_csv(tables[-1], sep="\t", index=False)
    written = {name: folder / name for name in ("samples", "responses", "scan", "intake")}
    dataset = {"nifti": Nifti(repetition_time=2.0).model_dump()}
    dataset["subjects"] = {"S1": {"events": tables}}
    options = entry("fmri_source", "nifti").options(dataset, "S1")
    files = {"bold": paths, "labels": tables}
    return peak_bytes(
        lambda: import_subject(source="nifti", inputs=files, options=options, **written)
    )


def test_images_are_imported_a_run_at_a_time(tmp_path):
    """Compressed images with scaled values, as most are; runs of more bytes, and more of them."""
    form = {"suffix": "nii.gz", "slope": 0.5}
    law = LAWS["import_subject"].terms
    of_none, a_voxel = fitted(
        [side**3 for side in (24, 32, 40, 48)],
        lambda cubed: importing(tmp_path, 40, side=round(cubed ** (1 / 3)), **form),
    )
    a_byte = a_voxel / 40 / 10
    assert 0.6 * law["run byte"] < a_byte < law["run byte"] / 0.95
    assert of_none / 1e6 < LAWS["import_subject"].base - PLAIN
    _, a_run = fitted([2, 4, 6, 8], lambda runs: importing(tmp_path, 60, runs, side=32))
    assert 0.6 * law["scanned volume"] < a_run / 60 < law["scanned volume"] / 0.95
    full = {"brain value": 0, "run byte": 5 * GOD_RUN, "scanned volume": GOD_VOLUMES}
    taken = PLAIN + (of_none + a_byte * full["run byte"] + a_run / 60 * GOD_VOLUMES) / 1e6
    check("import_subject", full, taken)


# --------------------------------------------------------------------------------- maps of cells


def test_zncc_takes_maps_and_matrix_and_a_tile(monkeypatch):
    """Matrices of 0.7 to 11.5 MB, in tiles of 32 kB."""
    monkeypatch.setattr("neuroloop.calcium.zncc.TILE", 64)
    counts = [300, 600, 900, 1200]

    def beyond(count: int) -> int:
        maps = np.random.default_rng(0).random((count, 20, 30), dtype=np.float32)
        return peak_bytes(lambda: zncc(maps)) - 8 * count**2

    zncc(np.eye(4).reshape(4, 2, 2))  # so that no call looks for BLAS
    taken = [beyond(count) for count in counts]
    _, an_entry = np.polyfit(np.square(counts), taken, 1)[::-1]
    assert an_entry < 0.8, "more is held than the matrix"
    assert max(taken) < 12e6
