"""Laws of decoding a region: the steps that are counted, beside what calls take."""

from itertools import product
from pathlib import Path
from typing import Any

import himalaya.ridge  # noqa: F401 - so that no call imports it
import numpy as np
import pytest
import scipy.optimize  # noqa: F401
import torch

from neuroloop.fmri import permuted_voxels, ridge
from neuroloop.fmri.assessment import null_of
from neuroloop.fmri.decoding import load_problem
from neuroloop.fmri.resnet1d import resnet1d18
from neuroloop.statistics.folds import Split
from neuroloop.training.recipe import Recipe
from neuroloop.workflow import decoding_size
from neuroloop.workflow.decoding_size import Region
from neuroloop.workflow.memory import LAWS, PLAIN, TORCH, line_network_items
from scripts.fmri.audit_decoding import audit_decoding
from scripts.fmri.decode_linear import decode_linear
from tests.memory.fit import check, fitted
from tests.memory.peak import peak_bytes
from tests.memory.regions import region

#: The largest region of a subject of Generic Object Decoding, and permutations of a large null.
GOD, PERMUTATIONS = Region(rows=3450, voxels=4600, kept=1000, classes=150, folds=6), 1000

#: The decoders of the config of Generic Object Decoding.
DECODERS: dict[str, dict[str, Any]] = {
    "ridge": {"method": "ridge", "alphas": [100, 1000, 10_000, 100_000]},
    "svm": {"method": "svm"},
    "logistic": {"method": "logistic"},
}

#: Four sizes of each kind: voxels are selected; all are kept, more or fewer than rows; and many
#: classes.
SELECTED = [Region(rows, 4000, 40, 4, 3) for rows in (120, 180, 240, 300)]
WIDE = [Region(rows, 6 * rows, 6 * rows, 4, 3) for rows in (90, 120, 150, 180)]
TALL = [Region(rows, 300, 300, 4, 3) for rows in (450, 600, 750, 900)]
CLASSES = [Region(4 * classes, 60, 60, classes, 2) for classes in (30, 45, 60, 75)]

SHAPES = ["voxels are selected", "more voxels than rows", "fewer voxels"]

#: Bytes of what is read, named and told, whatever the size.
ROUNDED = 3e6


def decoding(folder: Path, size: Region, decoder: dict[str, Any]) -> int:
    """Bytes that decoding such a region takes."""
    files = region(folder, size.rows, size.voxels, size.classes, size.folds)
    out = {"logits": "l.npy", "soft_labels": "s.npy", "samples": "d.npz"}
    return peak_bytes(
        lambda: decode_linear(
            **files._asdict(),
            outputs={name: folder / "out" / file for name, file in out.items()},
            decoder=decoder,
            variant=None,
            regions=[],
            n_voxels=size.kept,
            calibration_folds=2,
            seed=0,
        )
    )


def within(counted: list[float], taken: list[int]) -> None:
    """What is taken is what is counted, at each of four sizes, and grows as that does."""
    assert len(counted) == 4
    a_byte = float(np.polyfit(counted, taken, 1)[0])
    assert 0.5 < a_byte < 1.3
    for one, other in zip(counted, taken, strict=True):
        assert other < one / 0.85 + ROUNDED


@pytest.mark.parametrize(
    ("name", "sizes"),
    [*product(DECODERS, (SELECTED, WIDE, TALL)), ("svm", CLASSES)],
    ids=[*("-".join(one) for one in product(DECODERS, SHAPES)), "svm-many classes"],
)
def test_linear_decoders_hold_their_largest_step(
    tmp_path: Path, name: str, sizes: list[Region]
) -> None:
    (tmp_path / "out").mkdir()
    counted = [decoding_size.decoding_bytes(DECODERS[name], size) for size in sizes]
    taken = [decoding(tmp_path, size, DECODERS[name]) for size in sizes]
    within(counted, taken)


@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("kept", [1000, 4600])
def test_decoding_at_full_size_is_asked_for(name: str, kept: int) -> None:
    """With all voxels too, and by a decoder of the user's own."""
    size = GOD._replace(kept=kept)
    largest = decoding_size.decoding_bytes({"method": "own"}, size)
    full = decoding_size.decoding_bytes(DECODERS[name], size)
    assert full <= largest
    check("decode_linear", {"decoder byte": largest}, PLAIN + 40 + 1.05 * largest / 1e6)


def permuting(folder: Path, size: Region, decoder: dict[str, Any], permutations: int = 3) -> int:
    """Bytes that a null of such a region takes."""
    problem = load_problem(*region(folder, size.rows, size.voxels, size.classes, size.folds))
    logits = np.random.default_rng(0).normal(size=(size.rows, size.classes))
    taken = peak_bytes(lambda: null_of(problem, logits, decoder, size.kept, permutations, 0))
    return taken + problem.x.nbytes


@pytest.mark.parametrize("sizes", [SELECTED, WIDE, TALL], ids=SHAPES)
@pytest.mark.parametrize("name", DECODERS)
def test_nulls_hold_one_permutation_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, sizes: list[Region]
) -> None:
    """In small parts, of which the true size is in the law."""
    for module in (permuted_voxels, ridge):
        monkeypatch.setattr(module, "SUMS_SIZE", 1000)
    monkeypatch.setattr(ridge, "TARGETS_SIZE", 1000)
    monkeypatch.setattr(decoding_size, "SUMS", 2000)
    monkeypatch.setattr(decoding_size, "TARGETS", 9000)
    counted = [decoding_size.null_bytes(DECODERS[name], size) for size in sizes]
    within(counted, [permuting(tmp_path, size, DECODERS[name]) for size in sizes])


def test_labels_of_all_permutations_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their targets, which are made in parts, are counted with the null."""
    monkeypatch.setattr(ridge, "TARGETS_SIZE", 1000)
    size = Region(60, 4, 4, 2, 2)
    many = [4000, 6000, 8000, 10_000]
    _, a_permutation = fitted(
        many, lambda count: permuting(tmp_path, size, DECODERS["ridge"], count)
    )
    a_label = a_permutation / size.rows
    law = LAWS["assess_decoding"].terms["permuted label"]
    assert 0.6 * law < a_label < law / 0.85
    for name in DECODERS:
        held = decoding_size.null_bytes(DECODERS[name], GOD)
        labels = PERMUTATIONS * GOD.rows
        taken = PLAIN + 40 + (0.9 * held + a_label * labels) / 1e6
        check("assess_decoding", {"decoder byte": held, "permuted label": labels}, taken)


def test_surrogates_are_drawn_one_after_another(tmp_path: Path) -> None:
    size = Region(240, 3000, 20, 3, 3)
    files = region(tmp_path, size.rows, size.voxels, size.classes, size.folds)

    def auditing(count: int) -> int:
        return peak_bytes(
            lambda: audit_decoding(
                **files._asdict(),
                surrogates=tmp_path / "s.tsv",
                notes=tmp_path / "n.json",
                of="",
                n_surrogates=count,
                permutations=2,
                decoder=DECODERS["ridge"],
                n_voxels=size.kept,
                calibration_folds=2,
                n_folds=size.folds,
                fold_by="run",
                seed=0,
                device="cpu",
            )
        )

    few, more = auditing(2), auditing(6)
    of_one = 4 * size.rows * size.voxels
    assert more - few < of_one
    held = max(
        decoding_size.decoding_bytes(DECODERS["ridge"], size),
        decoding_size.null_bytes(DECODERS["ridge"], size),
    )
    assert more < (held + (8 + 32 / size.folds) * size.rows * size.voxels) / 0.85 + ROUNDED


def networks(width: int, rows: int = 40, voxels: int = 256) -> int:
    """Bytes that networks over a line of voxels take, two at a time."""
    drawn = np.random.default_rng(0).standard_normal((rows, voxels), dtype=np.float32)
    half = rows // 2
    splits = [
        Split(np.arange(half), np.arange(half, rows)),
        Split(np.arange(half, rows), np.arange(half)),
    ]
    recipe = Recipe(epochs=1, batch_size=16, learning_rate=0.01, momentum=0.9)
    return peak_bytes(
        lambda: resnet1d18(
            drawn,
            np.arange(rows) % 2,
            splits,
            2,
            voxels,
            recipe=recipe,
            width=width,
            seed=0,
            device=torch.device("cpu"),
            members_at_once=2,
        )
    )


def test_networks_over_a_line_hold_what_they_keep_of_a_batch_and_their_weights() -> None:
    law, widths = LAWS["decode_network"].terms, [4, 8, 12, 16]
    wide, narrow = ([networks(width, voxels=voxels) for width in widths] for voxels in (2048, 256))
    block = {"width": 1, "batch_size": 16}
    kept, fewer = (line_network_items(block, count, 2)["kept byte"] for count in (2048, 256))
    more = [one - other for one, other in zip(wide, narrow, strict=True)]
    a_byte = float(np.polyfit(widths, more, 1)[0]) / (kept - fewer)
    assert 0.5 * law["kept byte"] < a_byte < law["kept byte"] / 0.85
    held = [one - a_byte * fewer * width for one, width in zip(narrow, widths, strict=True)]
    a_weight = float(np.polyfit(np.square(widths), held, 1)[0])
    a_weight /= line_network_items(block, 256, 2)["weight"]
    assert 0.5 * law["weight"] < a_weight < law["weight"] / 0.85
    full = line_network_items({"width": 64, "batch_size": 64}, GOD.kept, 1)
    rows = decoding_size.network_bytes(GOD, 1)
    taken = TORCH + 40 + (a_byte * full["kept byte"] + a_weight * full["weight"] + 0.9 * rows) / 1e6
    check("decode_network", {"decoder byte": rows} | full, taken)
