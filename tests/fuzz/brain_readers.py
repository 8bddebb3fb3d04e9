"""Brain data: NIfTI with events or labels, BData, and voxels paired with images."""

import gzip
import json
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import nibabel
import numpy as np
from scipy.io import savemat

from neuroloop.registry import entry
from scripts.fmri.extract_region import extract_region
from scripts.fmri.import_subject import import_subject
from tests.fuzz.readers import Reader

SHAPE, VOLUMES, TR = (4, 3, 2), 24, 2.5
AFFINE = np.array([[-3.0, 0, 0, 5.5], [0, 3, 0, -4], [0, 0, 4, 0], [0, 0, 0, 1]])
EVENTS = "onset\tduration\ttrial_type\n5\t10\tcat\n15\t12.5\tdog\n35\t15\tcat\n"
LABELS = ["rest"] * 2 + ["cat"] * 4 + ["dog"] * 5 + ["rest"] * 3 + ["cat"] * 6 + ["rest"] * 4
RUN = "sub-1_task-look_run-{}_"


def _image(path: Path, data: np.ndarray) -> None:
    image = nibabel.Nifti1Image(data, AFFINE)
    if data.ndim == 4:
        image.header.set_zooms((3, 3, 4, TR))
        image.header.set_xyzt_units("mm", "sec")
    content = image.to_bytes()
    path.write_bytes(gzip.compress(content, 1, mtime=0) if path.suffix == ".gz" else content)


def write_nifti(folder: Path, suffix: str = ".nii.gz") -> None:
    generator = np.random.default_rng(0)
    for number in (1, 2):
        data = 100 + generator.standard_normal((*SHAPE, VOLUMES))
        name = RUN.format(number)
        _image(folder / f"{name}bold{suffix}", data.astype(np.float32))
        (folder / f"{name}events.tsv").write_text(EVENTS)
        facts = {"RepetitionTime": TR, "TaskName": "look", "SliceTiming": [0.0, 1.2]}
        (folder / f"{name}bold.json").write_text(json.dumps(facts))
    mask = np.zeros(SHAPE, np.uint8)
    mask[:, :2] = 1
    _image(folder / f"mask{suffix}", mask)
    (folder / "labels.txt").write_text("".join(f"{x} {n}\n" for n in (1, 2) for x in LABELS))


def read_nifti(folder: Path, suffix: str = ".nii.gz", labels: str = "events") -> Any:
    source = entry("fmri_source", "nifti")
    bold = [f"{RUN.format(n)}bold{suffix}" for n in (1, 2)]
    events = [f"{RUN.format(n)}events.tsv" for n in (1, 2)]
    subject = {"events": events} if labels == "events" else {"labels": "labels.txt"}
    dataset = {
        "nifti": source.Nifti(repetition_time=TR).model_dump(),
        "subjects": {"S1": source.Subject(bold=bold, **subject).model_dump()},
        "rois": {"VT": source.Roi(mask=f"mask{suffix}", voxels=5).model_dump()},
    }
    return _imported(folder, "nifti", dataset)


def _imported(folder: Path, name: str, dataset: dict[str, Any]) -> Any:
    source, out = entry("fmri_source", name), folder.parent / "out"
    files = source.inputs(dataset, "S1")
    import_subject(
        source=name,
        inputs={kind: [folder / path for _, path in paths] for kind, paths in files.items()},
        options=source.options(dataset, "S1"),
        samples=out / "samples.tsv",
        responses=out / "responses.h5",
        scan=out / "scan.npz",
        intake=out / "intake.json",
    )
    with h5py.File(out / "responses.h5") as file:
        read = [file["dataset"][()], (out / "responses.json").read_text()]
    if hasattr(source, "read_region"):
        (roi,) = dataset["rois"]
        files = source.region_inputs(dataset, "S1", roi)
        extract_region(
            source=name,
            inputs={kind: [folder / path for _, path in paths] for kind, paths in files.items()},
            options=source.region_options(dataset, roi),
            region=roi,
            samples=out / "samples.tsv",
            folds=out / "samples.tsv",  # of a session of training alone
            scan=out / "scan.npz",
            voxels=out / "voxels.npz",
            places=out / "region.npz",
            intake=out / "region_intake.json",
        )
        read.append(np.load(out / "voxels.npz")["x"])
    return read


def _matrix() -> tuple[np.ndarray, list[str], np.ndarray]:
    """Rows of two runs of three categories with two images each, of five voxels."""
    generator = np.random.default_rng(1)
    images = [1518878 + 1000 * (n % 3) + 0.008432 + n // 3 * 1e-3 for n in range(6)] * 4
    voxels = generator.standard_normal((24, 5))
    runs = np.repeat([1, 2], 12)
    columns = {"DataType": np.ones(24), "Run": runs, "stimulus_id": images}
    keys = ["VoxelData", "ROI_V1", *columns]
    table = np.full((len(keys), 5 + len(columns)), np.nan)
    table[0, :5], table[1, :5] = 1, [1, 1, 1, 0, 0]
    for number in range(len(columns)):
        table[2 + number, 5 + number] = 1
    return np.column_stack([voxels, *columns.values()]), keys, table


def write_bdata(folder: Path, old: bool = False, mapped: bool = False) -> None:
    matrix, keys, table = _matrix()
    with h5py.File(folder / "subject.h5", "w") as file:
        data, meta = ("dataSet", "metaData") if old else ("dataset", "metadata")
        stored = {} if old else {"compression": "gzip", "shuffle": True, "chunks": (8, 8)}
        if mapped:
            keys = [key.replace("stimulus_id", "stimulus_name") for key in keys]
            numbers = matrix[:, -1].copy()
            for code, value in enumerate(np.unique(numbers), 1):
                matrix[numbers == value, -1] = code
                file[f"vmap/stimulus_name/{code}"] = f"n{int(value):08d}_{code}".encode()
        file.create_dataset(data, data=matrix, **stored)
        file[f"{meta}/key"] = [key.encode() for key in keys]
        file[f"{meta}/description"] = [b"1 = it"] * len(keys)
        file[f"{meta}/value"] = table
    if mapped:
        with h5py.File(folder / "subject.h5", "a") as file:
            file["vmap/Run/1"], file["vmap/Run/2"] = b"first", b"second"


def read_bdata(folder: Path) -> Any:
    source = entry("fmri_source", "bdata")
    dataset = {
        "bdata": source.BData().model_dump(),
        "subjects": {"S1": source.Subject(file="subject.h5").model_dump()},
        "rois": {"V1": source.Roi(voxels=3).model_dump()},
    }
    return _imported(folder, "bdata", dataset)


def _pairs() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(2)
    images = generator.random((12, 30))
    return {
        "x": generator.standard_normal((12, 6)),
        "y": images,
        "label": np.tile([1.0, 2.0, 3.0], 4)[:, None],
        "run": np.repeat([1.0, 2.0], 6)[:, None],
    }


def write_mat(folder: Path, compressed: bool = False) -> None:
    path = folder / "subject.mat"
    savemat(path, _pairs(), do_compression=compressed)
    content = path.read_bytes()  # the header holds the time, up to byte 116
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(116) + content[116:])


def write_pairs(folder: Path, compressed: bool = False) -> None:
    save = np.savez_compressed if compressed else np.savez
    save(folder / "subject.npz", **_pairs())


def read_paired(folder: Path, suffix: str) -> Any:
    source = entry("fmri_source", "paired")
    variables = source.Paired(
        voxels=["x"], images=["y"], labels=["label"], runs=["run"], image_shape=(5, 6)
    )
    dataset = {
        "paired": variables.model_dump(),
        "subjects": {"S1": source.Subject(file=f"subject{suffix}").model_dump()},
        "rois": {"all": source.Roi(voxels=3).model_dump()},
    }
    return _imported(folder, "paired", dataset)


plain = {"suffix": ".nii"}
READERS = [
    Reader("BOLD .nii.gz", write_nifti, read_nifti, "*bold.nii.gz", checked=True),
    Reader("BOLD .nii", partial(write_nifti, **plain), partial(read_nifti, **plain), "*bold.nii"),
    Reader("mask .nii.gz", write_nifti, read_nifti, "mask.nii.gz", checked=True),
    Reader("mask .nii", partial(write_nifti, **plain), partial(read_nifti, **plain), "mask.nii"),
    Reader("events .tsv", write_nifti, read_nifti, "*events.tsv"),
    Reader("BIDS .json", write_nifti, read_nifti, "*bold.json"),
    Reader("labels .txt", write_nifti, partial(read_nifti, labels="list"), "labels.txt"),
    Reader("BData .h5", write_bdata, read_bdata, "subject.h5"),
    Reader("BData .h5, early", partial(write_bdata, old=True), read_bdata, "subject.h5"),
    Reader("BData .h5, maps", partial(write_bdata, mapped=True), read_bdata, "subject.h5"),
    Reader("pairs .mat", write_mat, partial(read_paired, suffix=".mat"), "subject.mat"),
    Reader(
        "pairs .mat, zlib",
        partial(write_mat, compressed=True),
        partial(read_paired, suffix=".mat"),
        "subject.mat",
    ),
    Reader("pairs .npz", write_pairs, partial(read_paired, suffix=".npz"), "*.npz", checked=True),
    Reader(
        "pairs .npz, zlib",
        partial(write_pairs, compressed=True),
        partial(read_paired, suffix=".npz"),
        "*.npz",
        checked=True,
    ),
]
