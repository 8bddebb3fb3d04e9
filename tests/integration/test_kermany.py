"""Kermany et al. 2018, 1,900 chest X-rays of children: listed and split, nothing is trained."""

import numpy as np
import pytest

from neuroloop.jobs.seeds import numpy_generator
from neuroloop.cxr.film_splits import (
    check_persons_apart,
    fold_balance,
    holdout,
    image_folds,
    nested_validation,
    person_folds,
)
from neuroloop.cxr.films import films_table
from neuroloop.cxr.image_files import read_film
from neuroloop.cxr.lungs import lung_template


@pytest.fixture(scope="module")
def found(data_folder):
    manifest = data_folder / "cxr" / "index.csv"
    if not manifest.is_file():
        pytest.skip(f"real data: {manifest} is missing")
    return films_table(manifest)


@pytest.fixture(scope="module")
def films(found):
    return found.table


def apart(sides, films):
    """Whether all films of each person are on one side."""
    found = films.assign(side=sides)[["person", "side"]].drop_duplicates()
    return not found["person"].duplicated().any()


def test_copies_are_dropped_and_every_other_film_is_kept(found):
    assert len(found.table) == 1888
    assert found.table["film"].is_unique
    assert found.table["label"].value_counts().to_dict() == {
        "bacteria": 892,
        "normal": 519,
        "virus": 477,
    }
    assert found.dropped["reason"].value_counts().to_dict() == {"copy": 12}


def test_a_number_in_two_classes_is_one_person(films):
    assert films["person"].nunique() == 1221
    classes = films[["person", "label"]].drop_duplicates()["person"].value_counts()
    assert (classes > 1).sum() == 99


def test_folders_tell_the_same_persons_as_the_manifest(data_folder, films):
    """By file names alone, a folder for each class."""
    listed = films_table(data_folder / "cxr" / "images").table
    assert listed[["film", "label", "person"]].equals(films[["film", "label", "person"]])


@pytest.mark.parametrize("seed", [0, 2001])
def test_no_person_is_on_two_sides_and_classes_are_spread_evenly(films, seed):
    labels, persons = films["label"], films["person"]
    folds = person_folds(labels, persons, 5, numpy_generator(seed, "person folds"))
    assert apart(folds, films)
    assert fold_balance(folds, labels, persons)["share"].between(0.19, 0.21).all()
    for fold in range(5):
        rows = np.flatnonzero(folds != fold)
        generator = numpy_generator(seed, "validation", fold)
        learn, validation = nested_validation(rows, labels, persons, generator, 0.1)
        assert not set(persons.iloc[learn]) & set(persons.iloc[validation])
        assert len(learn) + len(validation) == len(rows)
    sides = holdout(labels, persons, numpy_generator(seed, "hold-out"))
    assert apart(sides, films)
    share = fold_balance(sides, labels, persons).set_index("fold")["share"]
    assert share["train"].between(0.78, 0.82).all()
    assert share[["validation", "test"]].between(0.08, 0.12).all()


def test_a_split_by_image_puts_most_films_beside_their_persons_others(films):
    """What a leak may come from: how many tested films show a person that was learned from."""
    folds = image_folds(films["label"], 5, numpy_generator(0, "image folds"))
    assert not apart(folds, films)
    with pytest.raises(Exception, match="persons have films on two sides"):
        check_persons_apart(folds, films["person"])
    known = [
        films["person"][folds == fold].isin(films["person"][folds != fold]) for fold in range(5)
    ]
    assert 0.3 < np.concatenate(known).mean() < 0.8


def test_lungs_are_darker_than_what_lies_between_and_around_them(found):
    """In the mean film of healthy children, inside the template and in the body beside it."""
    healthy = found.table[found.table["label"] == "normal"]["file"].iloc[:60]
    mean = np.mean([read_film(found.folder / file, 64) for file in healthy], axis=0)
    lungs, body = lung_template(64), np.zeros((64, 64), dtype=bool)
    body[10:52, 7:57] = True
    assert mean[lungs].mean() < mean[body & ~lungs].mean() - 0.08
