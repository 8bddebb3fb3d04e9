"""The page of a network: complete, in order, and with nothing from outside."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from markupsafe import escape

from neuroloop import registry
from neuroloop.errors import NeuroLoopError
from neuroloop.explain.gallery.found import Found, read_found
from neuroloop.explain.gallery.names import NOT_KNOWN
from neuroloop.explain.gallery.page import gallery_page
from neuroloop.explain.gallery.sanity_table import COLUMNS
from neuroloop.files.formats import read_json, save_arrays, save_json, save_table
from neuroloop.files.intake import read_intake
from neuroloop.training.loop import predict
from scripts.explain.write_gallery import write_gallery
from tests.unit.explain.looks.test_inside import save
from tests.unit.report.outline import Outline

NASTY = "<script>alert('x')</script> & \"quotes\""
TSNE, UMAP = (f"The embedding on a plane: {name}" for name in ("t-SNE", "UMAP"))


def leave(folder, method, applicable=True, reason=None, **more):
    save_json(
        folder / method / "result.json",
        {"method": method, "applicable": applicable, "reason": reason, **more},
    )
    files = folder / method / "files"
    files.mkdir()
    return files


def picture(path):
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + path.parent.parent.name.encode())


def leave_maps(folder, method, opened, rows, signed=True):
    files = leave(folder, method, n=len(rows))
    values = np.random.default_rng(len(method)).standard_normal((len(rows), 4, 4))
    save_arrays(
        files / "arrays.npz",
        {
            "maps": (values if signed else np.abs(values)).astype(np.float32),
            "image": opened.images.ids[rows],
            "named": predict(opened.network, opened.images.images[rows])[:, 0].argmax(axis=1),
        },
        axes={"maps": ("image", "row", "column"), "image": ("image",), "named": ("image",)},
        units={"maps": "logit of something"},
    )
    row = ("cascading", "spearman", 0.1, 0.0, 0.2, 0.0, 1.0, 3, 0, "sensitive")
    row += (0.001, "images", "other images", "randomisation", "", np.nan, np.nan)
    save_table(files / "sanity.tsv", pd.DataFrame([row], columns=list(COLUMNS)))
    picture(files / "sanity.png")


ORDER = ["saliency", "cam", "grad_cam", "tsne", "umap"]


@pytest.fixture
def left(tmp_path, kind):
    """A model and what five methods left of it, two of which do not apply."""
    opened = kind("calcium")
    leave_maps(tmp_path, "saliency", opened, [3, 0, 7], signed=False)
    leave(tmp_path, "cam", False, f"no pool {NASTY}")
    leave_maps(tmp_path, "grad_cam", opened, [3, 0], signed=False)
    picture(leave(tmp_path, "tsne", summary=f"Says {NASTY}.") / "figure.png")
    leave(tmp_path, "umap", False, "UMAP is missing")
    return tmp_path, opened


def page(folder, opened, order=ORDER):
    return gallery_page(
        opened, [read_found(folder / one / "result.json", folder / one / "files") for one in order]
    )


def test_images_are_leafed_through_with_all_their_maps(left):
    folder, opened = left
    made = Outline(page(folder, opened))
    slides = made.of("section", "slide")
    assert len(slides) == len(made.of("button", "thumb")) == 3
    for slide, row in zip(slides, (3, 0, 7), strict=True):
        assert f"image image {row}" in slide
        assert [slide.index(title) for title in ("Saliency", "CAM", "Grad-CAM")] == sorted(
            slide.index(title) for title in ("Saliency", "CAM", "Grad-CAM")
        )
        assert "not applicable: no pool" in slide
        assert "logit of something" in slide
        assert "4 × 4" in slide
    assert "this image is not explained" in slides[2]
    assert "this image is not explained" not in slides[0]
    assert len(made.of("div", "unsigned")) == 5
    assert made.of("h2") == [
        "Image by image",
        "Sanity tests of the methods",
        TSNE,
        UMAP,
    ]
    chance, *others = made.of("p", "reason")
    assert chance.startswith("at chance: the network names 42 % of 12 of its images right")
    assert others == ["not applicable: UMAP is missing"]


def test_what_is_named_and_what_is_true(left):
    folder, opened = left
    made = Outline(page(folder, opened))
    logits = predict(opened.network, opened.images.images[[3, 0, 7]])[:, 0]
    chances = 1 / (1 + np.exp(-logits.astype(float)))
    truth = opened.images.truth[[3, 0, 7]]
    for place, (slide, said) in enumerate(
        zip(made.of("section", "slide"), made.of("p", "predicted"), strict=True)
    ):
        named = logits[place].argmax()
        right = "right" if truth[place, named] else "wrong"
        assert said == f"predicted class {named}{chances[place, named]:.2f}{right}"
        names = "+".join(f"class {number}" for number in np.flatnonzero(truth[place]))
        assert f"truth: {names}" in slide
        for number in range(3):
            assert f"class {number}{chances[place, number]:.2f}" in slide
    marks = [
        attributes["class"].split()[-1]
        for tag, attributes, _ in made.elements
        if tag == "button" and "thumb" in attributes["class"]
    ]
    right = truth[np.arange(3), logits.argmax(axis=1)]
    assert marks == ["is-right" if one else "is-wrong" for one in right]
    assert f"{right.sum()} of 3 predictions are right" in " ".join(made.of("p"))


def test_the_truth_is_outlined_where_it_is_known(left):
    folder, opened = left
    made = Outline(page(folder, opened))
    paths = [attributes for tag, attributes, _ in made.elements if tag == "path"]
    assert len(paths) == 3 + 5
    assert all(one["d"].startswith("M3 4h7") for one in paths)
    without = replace(opened, images=replace(opened.images, mask=None, truth=None))
    bare = Outline(page(folder, without))
    assert not [tag for tag, _, _ in bare.elements if tag in ("path", "svg")]
    assert "truth not known" in " ".join(bare.of("p"))
    assert not bare.of("label")[1:]


def test_nothing_comes_from_outside_and_nothing_said_is_markup(left):
    folder, opened = left
    opened = replace(opened, name=NASTY, classes=(NASTY, "b", "c"))
    text = page(folder, opened)
    assert "alert('x')</script>" not in text
    assert str(escape(NASTY)) in text
    bare = re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)
    assert "http" not in bare
    assert "//" not in bare
    assert set(re.findall(r"url\((.*?)\)", bare)) == {"data:image/png;"}
    assert not re.search(r"<(link|iframe)|@import| src=\"(?!data:)", bare)
    Outline(text)


def test_a_gallery_has_the_theme_of_the_report(left):
    folder, opened = left
    text = page(folder, opened)
    made = Outline(text)
    assert made.of("button", "theme") == [""]  # the script names it
    assert "neuroloop-theme" in made.of("script")[0]
    assert "prefers-color-scheme: dark" in text
    (main,) = made.of("main")
    assert all(title in main for title in made.of("h2")), "no text beside the landmarks"


def test_the_same_page_twice_is_the_same_bytes(left):
    assert page(*left) == page(*left)


def test_figures_are_embedded(left):
    folder, opened = left
    made = Outline(page(folder, opened))
    sources = [attributes["src"] for tag, attributes, _ in made.elements if tag == "img"]
    assert len(sources) == 5 + 2 + 1  # maps, figures of tests, figure of t-SNE
    assert all(one.startswith("data:image/png;base64,iVBORw0K") for one in sources)
    (folder / "tsne/files/figure.png").unlink()
    with pytest.raises(
        NeuroLoopError, match=r"figure\.png is missing: run the job that draws it again"
    ):
        page(folder, opened)


def test_a_network_without_any_map(left):
    folder, opened = left
    made = Outline(page(folder, opened, ["cam", "umap"]))
    assert made.of("h2") == ["Image by image", UMAP]
    assert "not applicable: no pool" in "".join(made.of("figure"))
    made = Outline(page(folder, opened, ["tsne"]))
    assert made.of("h2") == [TSNE]


def test_maps_of_other_images_are_refused(left):
    folder, opened = left
    ids = opened.images.ids.copy()
    ids[7] = "another"
    other = replace(opened, images=replace(opened.images, ids=ids))
    with pytest.raises(NeuroLoopError, match="image image 7 is explained, but tiny has no such"):
        page(folder, other)


def test_what_is_no_result_is_refused(left):
    folder, opened = left
    save_json(folder / "tsne/result.json", {"method": "dreaming", "applicable": True})
    with pytest.raises(NeuroLoopError, match=r"tsne/result\.json is no result of a method"):
        page(folder, opened)
    arrays = folder / "saliency/files/arrays.npz"
    save_arrays(arrays, {"maps": np.zeros((1, 2, 2))}, axes={"maps": ("image", "row", "column")})
    with pytest.raises(NeuroLoopError, match=r"arrays\.npz lacks image, named"):
        page(folder, opened, ["saliency"])


def test_every_method_has_a_title(tmp_path):
    found = [Found(name, {}, tmp_path) for name in registry.names("method")]
    assert all(one.title for one in found)
    assert all(one.meaning for one in found if one.attributes)


def test_the_script_writes_the_page(left, tmp_path, kind):
    folder, _ = left
    model = save(tmp_path, kind)
    write_gallery(
        model=model,
        results=[folder / one / "result.json" for one in ORDER],
        folders=[folder / one / "files" for one in ORDER],
        simulated=False,
        page=tmp_path / "out" / "gallery.html",
        facts=tmp_path / "out" / "gallery.json",
        sanity=tmp_path / "out" / "sanity.tsv",
        intake=tmp_path / "out" / "intake.json",
    )
    text = (tmp_path / "out" / "gallery.html").read_text()
    assert "<title>Inside: tiny</title>" in text
    facts = read_json(tmp_path / "out" / "gallery.json")
    assert facts["title"] == "tiny"
    assert facts["held_out"] == NOT_KNOWN
    assert facts["images"] == len(left[1].images.images)
    assert text == page(*left)
    read = [Path(file.file).name for file in read_intake(tmp_path / "out" / "intake.json").files]
    assert read == ["model.json", "weights.safetensors", "images.npz"]


def test_what_was_recognised_and_warned_of_stands_on_the_page(left):
    folder, opened = left
    opened.intake.recognise(f"A prefix {NASTY} was taken away.")
    opened.intake.warn(f"Pixels {NASTY} were clipped.")
    made = Outline(page(folder, opened))
    assert made.of("li")[0] == f"A prefix {NASTY} was taken away."
    assert f"Pixels {NASTY} were clipped." in made.of("p", "reason")


def test_a_page_says_that_its_network_is_of_simulated_data(left):
    folder, opened = left
    found = [read_found(folder / one / "result.json", folder / one / "files") for one in ORDER]
    said = "no image is of a brain, an animal or a patient"
    assert said in gallery_page(opened, found, simulated=True)
    assert said not in gallery_page(opened, found)
