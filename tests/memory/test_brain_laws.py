"""The law of importing BData, beside what a call takes."""

from pathlib import Path

import bdpy  # noqa: F401 - so that no call imports it
import numpy as np
import pandas as pd

from neuroloop.fmri.bdata import write_bdata
from neuroloop.fmri.brain import BrainData, sample_ids
from neuroloop.workflow.bdata_size import values_of
from neuroloop.workflow.memory import PLAIN
from scripts.fmri.import_subject import import_subject
from tests.memory.fit import check, fitted
from tests.memory.peak import peak_bytes

#: Rows of a subject of Generic Object Decoding, and columns of twice as many voxels as its largest.
ROWS, COLUMNS = 1200 + 1750 + 500, 10_000


def subject(path: Path, voxels: int, rows: int = 300) -> Path:
    """A BData file, a row a trial."""
    drawn = np.random.default_rng(0).normal(size=(rows, voxels)).astype(np.float32)
    number = np.arange(rows)
    table = pd.DataFrame({"sample": sample_ids(rows), "session": "training"})
    table["run"] = [f"run{row // 50 + 1}" for row in number]
    table["block"] = [f"b{row}" for row in number]
    table["stimulus_id"] = [f"n{row:08d}" for row in number]
    table["category"] = [f"c{row % 10}" for row in number]
    brain = BrainData(drawn, table, {"V1": np.ones(voxels, dtype=bool)})
    write_bdata(path, brain, "trial")
    return path


def importing(folder: Path, voxels: int) -> int:
    """Bytes that importing a subject of so many voxels takes."""
    path = subject(folder / f"{voxels}.h5", voxels)
    out = {"samples": "s.tsv", "responses": "r.h5", "scan": "scan.npz", "intake": "i.json"}
    written = {name: folder / "out" / file for name, file in out.items()}
    (folder / "out").mkdir(exist_ok=True)
    return peak_bytes(
        lambda: import_subject(source="bdata", inputs={"file": [path]}, options={}, **written)
    )


def test_a_subject_is_there_once_as_read_and_once_as_written(tmp_path: Path) -> None:
    of_none, a_voxel = fitted([4000, 8000, 12000, 16000], lambda n: importing(tmp_path, n))
    assert values_of(tmp_path / "4000.h5") / 300 > 4000
    taken = PLAIN + (max(0, of_none) + a_voxel / 300 * ROWS * COLUMNS) / 1e6
    check("import_subject", {"brain value": ROWS * COLUMNS}, taken)


def test_what_is_no_bdata_has_no_size(tmp_path: Path) -> None:
    (tmp_path / "a.h5").write_bytes(b"no")
    assert values_of(tmp_path / "a.h5") == values_of(tmp_path / "b.h5") == 0
