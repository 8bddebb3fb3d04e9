"""Radiographs, their table and their regions, joined by id."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.cxr.lungs import lung_template
from neuroloop.cxr.radiograph_set import RadiographSet, load_radiograph_set
from neuroloop.cxr.simulate import simulate_radiographs
from neuroloop.cxr.simulated_settings import RadiographSettings
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import save_arrays, save_table
from scripts.cxr import simulate_radiographs as script


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("radiographs")
    names = {"radiographs": "npy", "regions": "npz", "table": "tsv", "dropped": "tsv"}
    names |= {"properties": "tsv", "intake": "json"}
    outputs = {name: folder / f"{name}.{suffix}" for name, suffix in names.items()}
    script.simulate_radiographs(
        outputs=outputs, simulation={"radiographs_per_class": 4}, size=32, seed=1
    )
    return outputs


def load(paths, **others):
    chosen = paths | others
    return load_radiograph_set(chosen["radiographs"], chosen["regions"], chosen["table"])


def test_radiographs_are_as_they_were_made(paths):
    radiographs, made = (
        load(paths),
        simulate_radiographs(1, RadiographSettings(size=32, radiographs_per_class=4)),
    )
    assert radiographs.table["radiograph"].tolist() == made.radiographs.tolist()
    assert radiographs.table["patient"].tolist() == made.patients.tolist()
    rows = np.array([7, 2])
    read = radiographs.read(rows)
    assert read.dtype == np.float32
    assert radiographs.pixels.dtype == np.uint8
    np.testing.assert_allclose(read, made.images[rows], atol=0.5 / 255 + 1e-6)
    np.testing.assert_array_equal(radiographs.lungs_of(rows), made.lungs[rows])
    np.testing.assert_array_equal(radiographs.lesions, made.lesions)


def test_classes_stand_in_natural_order_whatever_the_order_of_radiographs():
    table = pd.DataFrame(
        {"radiograph": list("abcd"), "label": ["grade10", "grade2", "grade2", "grade1"]}
    )
    radiographs = RadiographSet(table, np.zeros((4, 2, 2), np.uint8), np.ones((2, 2), bool), None)
    assert radiographs.classes == ["grade1", "grade2", "grade10"]
    assert radiographs.labels.tolist() == [2, 1, 1, 0]


def test_one_template_serves_all_radiographs(paths, tmp_path):
    regions = tmp_path / "regions.npz"
    save_arrays(regions, {"lungs": lung_template(32)}, axes={"lungs": ("row", "column")})
    radiographs = load(paths, regions=regions)
    assert radiographs.lesions is None
    assert radiographs.lungs_of(np.array([5, 0, 5])).shape == (3, 32, 32)
    assert (radiographs.lungs_of(np.array([5, 0])) == lung_template(32)).all()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda table: table.iloc[::-1],
        lambda table: table.iloc[1:],
        lambda table: table.assign(radiograph=table["radiograph"] + "x"),
    ],
)
def test_a_table_of_other_radiographs_is_one_line(paths, tmp_path, spoil):
    other = tmp_path / "other.tsv"
    save_table(other, spoil(pd.read_csv(paths["table"], sep="\t")))
    with pytest.raises(
        NeuroLoopError, match=r"radiographs\.npy and .+other\.tsv hold different radiographs"
    ):
        load(paths, table=other)


def test_numbers_may_be_names(paths, tmp_path):
    """Patients and radiographs called 1, 01 and 1.0 are three."""
    radiographs = RadiographSet(
        pd.DataFrame(
            {"radiograph": ["1", "01", "1.0"], "label": ["0", "1", "1"], "patient": list("123")}
        ),
        np.zeros((3, 2, 2), np.uint8),
        np.ones((2, 2), bool),
        None,
    )
    assert radiographs.labels.tolist() == [0, 1, 1]
    table = pd.read_csv(paths["table"], sep="\t").assign(patient=[f"0{row}" for row in range(12)])
    save_table(tmp_path / "table.tsv", table)
    assert load(paths, table=tmp_path / "table.tsv").table["patient"].tolist() == [
        f"0{row}" for row in range(12)
    ]
