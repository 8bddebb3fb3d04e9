"""Stored features: of which radiograph and view they are, and what they do not depend on."""

import inspect

import numpy as np
import pandas as pd
import pytest
import torch

from neuroloop.cxr import features as module
from neuroloop.cxr.augment import view
from neuroloop.cxr.features import open_features, view_names, write_features
from neuroloop.cxr.lungs import shown_radiographs
from neuroloop.cxr.radiograph_set import RadiographSet
from neuroloop.cxr.simulate import simulate_radiographs
from neuroloop.cxr.simulated_settings import RadiographSettings
from neuroloop.errors import NeuroLoopError
from neuroloop.files.array_rows import StoredRows
from neuroloop.files.formats import load_array, read_json
from neuroloop.networks.transfer_network import transfer_network
from neuroloop.networks.transfer_start import initialise_backbone, initialise_head

SEED = 3


def network(cut="layer3", head=1):
    made = transfer_network(backbone="resnet18", classes=3, width=4, stem="small", cut=cut)
    initialise_backbone(made, 1)
    initialise_head(made, head)
    return made


@pytest.fixture(scope="module")
def radiographs():
    drawn = simulate_radiographs(1, RadiographSettings(size=32, radiographs_per_class=3))
    table = pd.DataFrame(
        {"radiograph": drawn.radiographs, "label": drawn.labels, "patient": drawn.patients}
    )
    return RadiographSet(
        table, np.rint(drawn.images * 255).astype(np.uint8), drawn.lungs, drawn.lesions
    )


def write(folder, radiographs, cut="layer3", head=1, max_view=1, kind="study", batch=16):
    path = folder / f"{cut}-{head}-{max_view}-{kind}-{batch}.npy"
    write_features(path, radiographs, network(cut, head), max_view, kind, SEED, batch)
    return path


def front(images, cut="layer3"):
    with torch.inference_mode():
        return network(cut).eval().front(torch.from_numpy(images)[:, None]).numpy()


def test_names_of_views():
    assert view_names(0) == ["whole", "lungs", "background"]
    assert view_names(2) == ["whole", "view1", "view2", "lungs", "background"]


@pytest.mark.parametrize(("cut", "shape"), [("layer3", (8, 16, 16)), ("head", (32,))])
def test_whole_radiographs_and_parts(tmp_path, radiographs, cut, shape):
    path = write(tmp_path, radiographs, cut, max_view=0)
    stored, views = open_features(path, radiographs.table["radiograph"].tolist())
    assert stored.shape == (9, 3, *shape)
    assert stored.dtype == np.float32
    every = np.arange(9)
    for number, name in enumerate(views):
        shown = shown_radiographs(radiographs.read(every), radiographs.lungs_of(every), name)
        np.testing.assert_allclose(stored[:, number], front(shown, cut), rtol=1e-4, atol=1e-5)
    assert np.abs(stored[:, 1] - stored[:, 2]).max() > 1e-3


@pytest.mark.parametrize("kind", ["study", "affine"])
def test_views_are_those_of_the_augmentation(tmp_path, radiographs, kind):
    path = write(tmp_path, radiographs, max_view=2, kind=kind)
    ids = radiographs.table["radiograph"].tolist()
    stored, views = open_features(path, ids)
    for number in (1, 2):
        made = view(radiographs.read(np.arange(9)), ids, number, SEED, kind)
        place = views.index(f"view{number}")
        assert place == number  # what data cases call the view
        np.testing.assert_allclose(stored[:, place], front(made), rtol=1e-4, atol=1e-5)


def test_a_row_is_its_radiographs_whatever_stands_beside_it(tmp_path, radiographs):
    """In another order and number, each radiograph has the features that it had."""
    chosen = np.array([6, 1, 4])
    fewer = RadiographSet(
        radiographs.table.iloc[chosen].reset_index(drop=True),
        radiographs.pixels[chosen],
        radiographs.lungs[chosen],
        None,
    )
    (tmp_path / "fewer").mkdir()
    every, _ = open_features(write(tmp_path, radiographs), radiographs.table["radiograph"].tolist())
    few, _ = open_features(write(tmp_path / "fewer", fewer), fewer.table["radiograph"].tolist())
    np.testing.assert_allclose(few, every[chosen], rtol=1e-4, atol=1e-5)


def test_the_size_of_batches_changes_nothing(tmp_path, radiographs):
    ids = radiographs.table["radiograph"].tolist()
    one, two = (open_features(write(tmp_path, radiographs, batch=size), ids) for size in (2, 16))
    np.testing.assert_allclose(one.stored, two.stored, rtol=1e-4, atol=1e-5)
    assert one.views == two.views


def test_what_lies_above_the_cut_changes_no_byte(tmp_path, radiographs):
    """Neither the head nor the recipe; there is nowhere to name a learning rate."""
    first, other = (write(tmp_path, radiographs, head=head).read_bytes() for head in (1, 2))
    assert first == other
    assert set(inspect.signature(write_features).parameters) == {
        *("path", "radiographs", "network", "max_view", "kind", "seed", "batch")
    }


def test_features_stay_on_disk_until_they_are_asked_for(tmp_path, radiographs):
    stored, _ = open_features(
        write(tmp_path, radiographs), radiographs.table["radiograph"].tolist()
    )
    assert isinstance(stored, StoredRows)
    assert stored[2:4].base is None, "part of a map would keep it in memory"


def test_the_sidecar_tells_rows_axes_and_origin(tmp_path, radiographs):
    path = write(tmp_path, radiographs)
    array, facts = load_array(path)  # which compares shape and dtype
    assert facts["axes"] == ["radiograph", "view", "channel", "row", "column"]
    assert facts["ids"] == {
        "radiograph": radiographs.table["radiograph"].tolist(),
        "view": view_names(1),
    }
    assert (facts["kind"], facts["seed"], facts["cut"]) == ("study", SEED, "layer3")
    pooled = write(tmp_path, radiographs, cut="head")
    assert read_json(pooled.with_suffix(".json"))["axes"] == ["radiograph", "view", "channel"]
    assert np.isfinite(array).all()


@pytest.mark.parametrize("change", [lambda ids: ids[::-1], lambda ids: ids[1:], lambda ids: []])
def test_features_of_other_radiographs_are_refused(tmp_path, radiographs, change):
    path = write(tmp_path, radiographs)
    with pytest.raises(
        NeuroLoopError, match=r"\.npy holds features of other radiographs: delete it"
    ):
        open_features(path, change(radiographs.table["radiograph"].tolist()))


@pytest.mark.parametrize("kept", [0, 5, 100, -4, None])
def test_a_damaged_file_is_one_line(tmp_path, radiographs, kept):
    path = write(tmp_path, radiographs, cut="head")
    content = path.read_bytes()
    path.unlink() if kept is None else path.write_bytes(content[:kept])
    with pytest.raises(
        NeuroLoopError, match=r"^\S+\.npy is (damaged|empty|missing).*: (delete it|run)"
    ) as told:
        open_features(path, radiographs.table["radiograph"].tolist())
    assert "\n" not in str(told.value)


def test_a_killed_job_leaves_nothing(tmp_path, radiographs, monkeypatch):
    passed = []

    def killed(of, images):
        passed.append(len(images))
        if len(passed) == 7:  # in the second batch
            raise KeyboardInterrupt
        return np.zeros((len(images), 4), dtype=np.float32)

    monkeypatch.setattr(module, "_front", killed)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, radiographs, batch=4)
    assert len(passed) == 7
    assert not list(tmp_path.iterdir())


def test_the_mode_of_the_network_stays_and_does_not_matter(tmp_path, radiographs):
    made, paths = network("head"), [tmp_path / "evaluating.npy", tmp_path / "training.npy"]
    for path, training in zip(paths, (False, True), strict=True):
        made.train(training)
        write_features(path, radiographs, made, 0, "study", SEED)
        assert made.training == training
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_no_radiographs_are_an_error_of_the_program(tmp_path, radiographs):
    none = RadiographSet(
        radiographs.table.iloc[:0], radiographs.pixels[:0], radiographs.lungs[:0], None
    )
    with pytest.raises(ValueError, match="no radiographs"):
        write(tmp_path, none)
    assert not list(tmp_path.iterdir())
