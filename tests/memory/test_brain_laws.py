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

from neuroloop.files.formats import read_table
from neuroloop.fmri.audit.reading import ALL as PERMUTATIONS
from neuroloop.fmri.audit.sides import copied_rows
from neuroloop.fmri.audit.subject import audit_subject, measured
from neuroloop.fmri.bdata import read_region, write_bdata
from neuroloop.fmri.brain import BrainData, sample_ids
from neuroloop.fmri.decoding import FOLD_COLUMNS, load_problem
from neuroloop.fmri.inspection import inspect_subject
from neuroloop.fmri.joined_regions import join_responses
from neuroloop.fmri.judged import judged
from neuroloop.fmri.stimuli import STIMULUS_COLUMNS
from neuroloop.workflow.bdata_size import training_rows, values_of, voxels_of
from neuroloop.workflow.memory import LAWS, PLAIN
from scripts.fmri.import_subject import import_subject
from scripts.fmri.simulate_region import simulate_region
from tests.memory.fit import check, fitted
from tests.memory.peak import peak_bytes
from tests.memory.regions import region

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
    full = {"brain value": ROWS * COLUMNS, "run byte": 0, "scanned volume": 0}
    check("import_subject", full, taken)


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
    assert training_rows(tmp_path / "a.h5") == voxels_of(tmp_path / "a.h5", "V1") == 0


def test_regions_and_training_rows_are_counted_by_the_header(tmp_path: Path) -> None:
    import h5py

    path = subject(tmp_path / "a.h5", 50, rows=60)
    assert voxels_of(path, "V1") == voxels_of(path, "ROI_V1 = 1 | ROI_V2 = 1") == 50
    assert voxels_of(path, "V2") == 0
    assert training_rows(path) == 60
    with h5py.File(path, "r+") as file:
        keys = [key.decode() for key in file["metadata/key"][()]]
        (column,) = np.flatnonzero(file["metadata/value"][keys.index("DataType")] == 1)
        file["dataset"][40:, column] = 2
    training_rows.cache_clear()
    assert training_rows(path) == 40
    training_rows.cache_clear()
    assert training_rows(path, "Unknown") == 60


def test_regions_are_joined_as_read_and_as_written(tmp_path: Path) -> None:
    def joining(voxels: int) -> int:
        paths = [subject(tmp_path / f"{voxels}-{one}.h5", voxels // 2) for one in "ab"]
        return peak_bytes(lambda: write_bdata(tmp_path / "b.h5", join_responses(paths), "trial"))

    of_none, a_voxel = fitted([4000, 8000, 12000, 16000], joining)
    full = {"joined value": ROWS * COLUMNS}
    taken = PLAIN + 20 + (of_none + a_voxel / 300 * full["joined value"]) / 1e6
    check("export_bdata", full, taken)


def test_an_audit_looks_at_some_voxels_of_all(tmp_path: Path) -> None:
    """Labels follow the time in the run here, so that the most permutations are told."""

    def auditing(rows: int, voxels: int = 100) -> int:
        files = region(tmp_path, rows, voxels)
        folds = read_table(files.folds, FOLD_COLUMNS)
        stimuli = read_table(files.stimuli, STIMULUS_COLUMNS)
        x = np.random.default_rng(0).standard_normal((rows, voxels), dtype=np.float32)
        seen = measured(folds.assign(session="training"), [x])
        return peak_bytes(
            lambda: audit_subject("S1", seen, folds, stimuli, "trial", None, None, 0.0, 0)
        )

    law = LAWS["audit_brain"].terms
    of_none, a_row = fitted([48, 72, 96, 120], auditing)
    a_told = a_row / (4 * PERMUTATIONS)
    assert 0.6 * law["told value"] < a_told < law["told value"] / 0.85
    assert of_none < 40e6


def test_copies_are_looked_for_among_some_voxels(tmp_path: Path) -> None:
    """Rows and voxels that are looked at, and pairs of rows, of which there are fewer."""

    def looking(rows: int, voxels: int) -> int:
        problem = load_problem(*region(tmp_path, rows, voxels))
        return peak_bytes(lambda: copied_rows("S1", problem.x, problem)) + problem.x.nbytes

    law = LAWS["audit_brain"].terms
    _, a_voxel = fitted([1500, 2000, 2500, 3000], lambda voxels: looking(150, voxels))
    assert 0.3 * law["seen value"] < a_voxel / 150 < law["seen value"] / 0.85
    rows, full = ROWS, dict.fromkeys(law, 0.0)
    full |= {"seen value": rows * 2000, "seen pair": 2000.0**2, "chunk value": 512 * COLUMNS}
    full["told value"] = 20e6
    held = a_voxel / 150 * full["seen value"] + 24 * full["seen pair"] + 12 * full["chunk value"]
    check("audit_brain", full, PLAIN + 60 + (held + 47 * full["told value"]) / 1e6)


def test_a_region_is_read_once_where_it_is_shown_or_repeated(tmp_path: Path) -> None:
    def reading(voxels: int) -> int:
        path = subject(tmp_path / f"{voxels}.h5", voxels)
        return peak_bytes(lambda: read_region(path, "V1"))

    of_none, a_voxel = fitted([4000, 8000, 12000, 16000], reading)
    full = {"row value": ROWS * 4600}
    taken = PLAIN + (of_none + (4 + a_voxel / 300) * full["row value"]) / 1e6
    check("extract_repeats", full, taken)

    def inspecting(voxels: int) -> int:
        files = region(tmp_path, 300, voxels)
        folds = read_table(files.folds, FOLD_COLUMNS)
        stimuli = read_table(files.stimuli, STIMULUS_COLUMNS)
        return peak_bytes(
            lambda: inspect_subject({"V1": files.voxels}, folds, stimuli, {"V1": None})
        )

    _, a_voxel = fitted([4000, 8000, 12000, 16000], inspecting)
    assert a_voxel / 300 < LAWS["check_dataset"].terms["row value"] / 0.85


def test_soft_labels_of_all_decoders_are_there(tmp_path: Path) -> None:
    def judging(classes: int) -> int:
        files = region(tmp_path, 600, 4)
        folds = read_table(files.folds, FOLD_COLUMNS)
        samples = {"sample": folds["sample"].to_numpy(str), "truth": np.arange(600) % 4}

        def all_of_them() -> None:
            made = []
            for _ in range(5):
                logits = np.zeros((600, classes))
                made.append(judged(("a", "b", "c"), samples | {"logits": logits}, [], folds))

        return peak_bytes(all_of_them)

    _, a_class = fitted([300, 600, 900, 1200], judging)
    full = {"score": 5 * 10 * 4 * 1200 * 150}
    check("summarise_decoding", full, PLAIN + 60 + (a_class / 3000 + 4) * full["score"] / 1e6)
