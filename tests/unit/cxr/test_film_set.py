"""Films, their table and their regions, joined by id."""

import numpy as np
import pandas as pd
import pytest

from scripts.cxr.simulate_films import simulate
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import save_arrays, save_table
from neuroloop.cxr.film_set import FilmSet, load_film_set
from neuroloop.cxr.lungs import lung_template
from neuroloop.cxr.simulate import FilmSettings, simulate_films


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    names = {"films": "npy", "regions": "npz", "table": "tsv", "dropped": "tsv"}
    outputs = {name: folder / f"{name}.{suffix}" for name, suffix in names.items()}
    simulate(outputs, {"films_per_class": 4}, 32, 1)
    return outputs


def load(paths, **others):
    chosen = paths | others
    return load_film_set(chosen["films"], chosen["regions"], chosen["table"])


def test_films_are_as_they_were_made(paths):
    films, made = load(paths), simulate_films(1, FilmSettings(size=32, films_per_class=4))
    assert films.table["film"].tolist() == made.films.tolist()
    assert films.table["person"].tolist() == made.persons.tolist()
    rows = np.array([7, 2])
    read = films.read(rows)
    assert read.dtype == np.float32
    assert films.pixels.dtype == np.uint8
    np.testing.assert_allclose(read, made.images[rows], atol=0.5 / 255 + 1e-6)
    np.testing.assert_array_equal(films.lungs_of(rows), made.lungs[rows])
    np.testing.assert_array_equal(films.lesions, made.lesions)


def test_classes_stand_in_natural_order_whatever_the_order_of_films():
    table = pd.DataFrame({"film": list("abcd"), "label": ["grade10", "grade2", "grade2", "grade1"]})
    films = FilmSet(table, np.zeros((4, 2, 2), np.uint8), np.ones((2, 2), bool), None)
    assert films.classes == ["grade1", "grade2", "grade10"]
    assert films.labels.tolist() == [2, 1, 1, 0]


def test_one_template_serves_all_films(paths, tmp_path):
    regions = tmp_path / "regions.npz"
    save_arrays(regions, {"lungs": lung_template(32)}, axes={"lungs": ("row", "column")})
    films = load(paths, regions=regions)
    assert films.lesions is None
    assert films.lungs_of(np.array([5, 0, 5])).shape == (3, 32, 32)
    assert (films.lungs_of(np.array([5, 0])) == lung_template(32)).all()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda table: table.iloc[::-1],
        lambda table: table.iloc[1:],
        lambda table: table.assign(film=table["film"].str.replace("person", "human")),
    ],
)
def test_a_table_of_other_films_is_one_line(paths, tmp_path, spoil):
    other = tmp_path / "other.tsv"
    save_table(other, spoil(pd.read_csv(paths["table"], sep="\t")))
    with pytest.raises(NeuroLoopError, match=r"films\.npy and .+other\.tsv hold different films"):
        load(paths, table=other)


def test_numbers_may_be_names(paths, tmp_path):
    """Persons and films called 1, 01 and 1.0 are three."""
    films = FilmSet(
        pd.DataFrame({"film": ["1", "01", "1.0"], "label": ["0", "1", "1"], "person": list("123")}),
        np.zeros((3, 2, 2), np.uint8),
        np.ones((2, 2), bool),
        None,
    )
    assert films.labels.tolist() == [0, 1, 1]
    table = pd.read_csv(paths["table"], sep="\t").assign(person=[f"0{row}" for row in range(12)])
    save_table(tmp_path / "table.tsv", table)
    assert load(paths, table=tmp_path / "table.tsv").table["person"].tolist() == [
        f"0{row}" for row in range(12)
    ]
