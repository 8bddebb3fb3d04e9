"""Laws of importing BData and of simulating a region, beside what calls take."""

from pathlib import Path

import bdpy  # noqa: F401 - so that no call imports it, nor what follows
import numpy as np
import pandas as pd
import scipy.signal  # noqa: F401
import skimage.filters
import skimage.transform  # noqa: F401
import sklearn.datasets
import sklearn.discriminant_analysis  # noqa: F401
from PIL import Image

from neuroloop.fmri.bdata import write_bdata
from neuroloop.fmri.brain import BrainData, sample_ids
from neuroloop.workflow.bdata_size import values_of
from neuroloop.workflow.memory import PLAIN
from scripts.fmri.import_subject import import_subject
from scripts.fmri.simulate_region import simulate_region
from tests.memory.fit import check, fitted
from tests.memory.peak import peak_bytes

#: Rows of a subject of Generic Object Decoding, and columns of twice as many voxels as its largest.
ROWS, COLUMNS = 1200 + 1750 + 500, 10_000

#: Voxels of a simulated subject's largest region, and the photographs that it looks at.
VOXELS, PHOTOGRAPHS = 4500, 4500


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


def simulating(folder: Path, voxels: int, photographs: Path | None = None) -> int:
    """Bytes that simulating a region of so many voxels takes, of ten categories."""
    shown = {"categories": None, "perception_categories": 0, "sensitivity": 3.0}
    lifetime = len(list(photographs.rglob("*.bmp"))) // 10 - 8 if photographs else 10
    pools = {"train_per_category": 5, "test_images": 20, "perception_per_category": 1}
    return peak_bytes(
        lambda: simulate_region(
            responses=folder / f"{voxels}.h5",
            subject="S1",
            roi="V1",
            snr=1.0,
            region={"encoding": "mixed", "size": voxels, "snr": 1.0},
            pools=pools | {"lifetime_per_category": lifetime},
            presentation={"runs": 5, "perception_repeats": 10, "imagery_repeats": 5},
            seed=1,
            photographs=shown if photographs else None,
            folders=[photographs] if photographs else [],
        )
    )


#: Samples of what `simulating` simulates: training, perception and imagery.
SIMULATED = 10 * (5 + 10 + 5)


def seen(folder: Path, count: int) -> int:
    """Bytes that simulating a small region takes whose subject looks at so many photographs."""
    drawn = np.random.default_rng(1)
    for number in range(count):
        path = folder / f"{count}" / f"c{number % 10}" / f"{number}.bmp"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawn.integers(0, 256, (32, 32), dtype=np.uint8)).save(path)
    return simulating(folder, 10, folder / f"{count}")


def test_a_region_is_simulated_in_memory_of_its_values_and_its_photographs(tmp_path: Path) -> None:
    of_none, a_voxel = fitted([4000, 8000, 12000, 16000], lambda n: simulating(tmp_path, n))
    of_no_image, an_image = fitted([400, 800, 1200, 1600], lambda n: seen(tmp_path, n))
    values = a_voxel / SIMULATED * ROWS * VOXELS
    taken = PLAIN + (max(0, of_none, of_no_image) + values + an_image * PHOTOGRAPHS) / 1e6
    check("simulate_region", {"simulated value": ROWS * VOXELS, "photograph": PHOTOGRAPHS}, taken)


def test_what_is_no_bdata_has_no_size(tmp_path: Path) -> None:
    (tmp_path / "a.h5").write_bytes(b"no")
    assert values_of(tmp_path / "a.h5") == values_of(tmp_path / "b.h5") == 0
