"""Every method, from a model.json to its folder: arrays, numbers, figures, or why not."""

import json

import numpy as np
import pytest

from neuroloop import registry
from neuroloop.errors import NeuroLoopError
from neuroloop.explain.figures.neighbours_figure import ALIKE, OTHER
from neuroloop.explain.looks.inside import draw_inside
from neuroloop.explain.looks.inside import look_inside as look
from neuroloop.explain.models.model_writing import save_model
from neuroloop.files.formats import load_arrays
from scripts.explain.look_inside import look_inside

METHODS = [name for name in registry.having("method", "look") if name != "umap"]
#: Settings of each method under which the tests are quick.
OWN = {
    "neighbours": {"count": 2},
    "tsne": {"perplexity": 3},
    "umap": {"neighbours": 3},
    "activations": {"images": 4, "units": 3},
    "patches": {"units": 3, "patches_per_unit": 2},
    "class_images": {"steps": 2},
    "unit_images": {"units": 3, "steps": 2},
}


def save(folder, kind, name="calcium"):
    opened = kind(name)
    path = folder / "model.json"
    options = {"shape": [16, 16], "widths": [4, 5], "hidden": 6}
    if name == "resnet":
        options = {"depth": 18, "in_channels": 3, "width": 4, "stem": "small", "blocks": [1, 1]}
    save_model(
        path,
        name="tiny",
        kind=opened.kind,
        options=options,
        weights=opened.network.state_dict(),
        images=opened.images,
        classes=opened.classes,
        labels=opened.labels,
    )
    return path


@pytest.mark.parametrize("name", METHODS)
def test_every_method_writes_its_folder(tmp_path, kind, name):
    model = save(tmp_path, kind)
    look_inside(
        model=model,
        method=name,
        options=OWN[name],
        seed=1,
        device="cpu",
        result=tmp_path / "result.json",
        folder=tmp_path / "files",
    )
    result = json.loads((tmp_path / "result.json").read_text())
    assert {key: result[key] for key in ("model", "method", "kind", "applicable", "reason")} == {
        "model": "tiny",
        "method": name,
        "kind": "calcium",
        "applicable": True,
        "reason": None,
    }
    assert result["n"] == (4 if name == "activations" else 12)
    assert result["summary"].endswith(".")
    assert isinstance(result["counts"], dict)
    written = sorted(path.name for path in (tmp_path / "files").iterdir())
    assert written == ["arrays.json", "arrays.npz", "figure.png", "figure.svg"]
    assert "image" in load_arrays(tmp_path / "files/arrays.npz")


def test_the_same_seed_gives_the_same_bytes(tmp_path, kind):
    model = save(tmp_path, kind)
    for name in ("one", "two"):
        folder = tmp_path / name
        look_inside(
            model=model,
            method="tsne",
            options=OWN["tsne"],
            seed=1,
            device="cpu",
            result=folder / "result.json",
            folder=folder / "files",
        )
    for path in ("result.json", *(f"files/{name}" for name in ("arrays.npz", "figure.svg"))):
        one, two = ((tmp_path / name / path).read_bytes() for name in ("one", "two"))
        assert one == two


def test_a_method_that_does_not_apply_says_why(tmp_path, kind, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "umap", None)
    model = save(tmp_path, kind)
    folder = tmp_path / "files"
    look_inside(
        model=model,
        method="umap",
        options=OWN["umap"],
        seed=1,
        device="cpu",
        result=tmp_path / "result.json",
        folder=folder,
    )
    assert [path.name for path in folder.iterdir()] == ["not_applicable.json"]
    said = json.loads((folder / "not_applicable.json").read_text())
    assert said.keys() == {"model", "method", "reason"}
    result = json.loads((tmp_path / "result.json").read_text())
    assert (result["applicable"], result["n"]) == (False, 0)
    assert result["reason"] == said["reason"]
    assert "\n" not in said["reason"]


@pytest.mark.parametrize("name", ["resnet", "batched_networks"])
def test_colour_images_and_ensembles_are_drawn(kind, name):
    opened = kind(name)
    channels = {"resnet": 3, "batched_networks": 1}[name]
    for method in ("neighbours", "patches", "class_images", "unit_images"):
        figure = draw_inside(opened, method, look(opened, method, 1, **OWN[method]), 1)
        shown = [panel.images[0].get_array() for panel in figure.axes if panel.images]
        assert {image.ndim for image in shown} == {2 if channels == 1 else 3}
        assert all(np.isfinite(image).all() for image in shown)


def test_unknown_methods_are_named(kind):
    with pytest.raises(
        NeuroLoopError, match="there is no method 'dreaming': there are activations"
    ):
        look(kind("calcium"), "dreaming", 1)
    with pytest.raises(
        NeuroLoopError, match="method 'saliency' is no look: take one of neighbours"
    ):
        look(kind("calcium"), "saliency", 1)


def test_frames_tell_whether_a_neighbour_is_of_the_class(kind):
    opened = kind("resnet")
    found = look(opened, "neighbours", 1, **OWN["neighbours"])
    figure = draw_inside(opened, "neighbours", found, 1)
    panels = np.array(figure.axes).reshape(-1, 3)
    seen = set()
    for row in panels:
        query = row[0].get_title()
        for panel in row[1:]:
            alike = panel.get_title().split("  ")[0] == query
            spine = panel.spines["left"]
            assert spine.get_visible()
            colour = "#{:02x}{:02x}{:02x}".format(
                *(round(255 * part) for part in spine.get_edgecolor()[:3])
            )
            assert colour == (ALIKE if alike else OTHER)
            seen.add(alike)
    assert seen == {True, False}
    share = f"{100 * found.numbers['same_class']:.0f} %"
    assert share in figure.get_suptitle()


def test_the_numbers_stand_in_the_figures(kind):
    opened = kind("calcium")
    found = look(opened, "tsne", 1, **OWN["tsne"])
    title = draw_inside(opened, "tsne", found, 1).get_suptitle()
    assert f"trustworthiness {found.numbers['trustworthiness']:.2f}" in title
    found = look(opened, "patches", 1, **OWN["patches"])
    title = draw_inside(opened, "patches", found, 1).get_suptitle()
    height, width = found.numbers["layers"][-1]["receptive_field"]
    assert f"receptive field {height} × {width} pixels" in title
    found = look(opened, "class_images", 1, **OWN["class_images"])
    figure = draw_inside(opened, "class_images", found, 1)
    assert f"λ = {found.numbers['l2']:.2g}" in figure.get_suptitle()
    for panel, told in zip(figure.axes, found.numbers["targets"], strict=False):
        drawn = panel.images[0]
        low, high = drawn.get_array().min(), drawn.get_array().max()
        assert panel.get_title() == (
            f"{told['name']}:  {told['answer']:.3g}\nhighest real {told['real_highest']:.3g}\n"
            f"grey: {low:.2g} to {high:.2g}"
        )
        assert drawn.get_clim() == (low, high)  # each from its darkest to its brightest pixel


def test_patches_lie_where_the_field_is_cut(kind):
    opened = kind("calcium")
    found = look(opened, "patches", 1, **OWN["patches"])
    figure = draw_inside(opened, "patches", found, 1)
    fields = {tuple(layer["receptive_field"]) for layer in found.numbers["layers"]}
    drawn = [panel for panel in figure.axes if panel.images]
    assert len(drawn) == 3 * 2 * len(fields)
    for panel in drawn:
        low, high = panel.get_xlim()
        bottom, top = panel.get_ylim()
        assert (bottom - top, high - low) in fields
        left, right, below, above = panel.images[0].get_extent()
        assert low <= left < right <= high
        assert top <= above < below <= bottom
        assert low < 0 or high > 16 or right - left == high - low  # cut by the image's edge alone
