"""Maps that one leafs through: all there, a dozen a page; by keys, buttons and names."""

import shutil
import subprocess

import pytest

from neuroloop.report.templates import render
from tests.unit.report.outline import Outline
from tests.unit.report.study import GALLERY

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")

NAMES = [f"c{number}" for number in range(1, 9)]
NAMES += [f"{one}+{other}" for place, one in enumerate(NAMES) for other in NAMES[place + 1 :]]

TEMPLATE = """{% from "neuroloop.report/leaf.html.j2" import leaf %}
<div id="first">{{ leaf(gallery, "one", "maps of before") }}</div>
<div id="second">{{ leaf(gallery, "two", "maps of after") }}</div>
<script>{{ asset("neuroloop.report/leaf.js") }}</script>
<pre id="said"></pre><script>
const said = document.getElementById("said");
const count = document.querySelector("#two .leaf-count");
const tell = () => { said.textContent += count.textContent + "; "; };
const press = (key, at) => at.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const leaf = document.getElementById("two");
tell();
press("ArrowRight", leaf); tell();
press("ArrowLeft", leaf); press("ArrowLeft", leaf); tell();
leaf.querySelector(".leaf-on").click(); tell();
const find = leaf.querySelector(".leaf-find input");
const ask = (name) => { find.value = name; find.dispatchEvent(new Event("input")); tell(); };
ask("c8"); ask("c8+c2"); press("ArrowRight", find); tell();
said.textContent += document.querySelector("#one .leaf-count").textContent;
</script>"""


def gallery(names):
    patterns = [
        {"pattern": name, "cells": [0], "source": "data:image/png;base64,AA==", "problem": ""}
        for name in names
    ]
    return {**GALLERY, "patterns": patterns}


def page(folder, names):
    path = folder / "leaf.html.j2"
    path.write_text(TEMPLATE)
    return render(str(path), {"gallery": gallery(names)})


@pytest.mark.parametrize("count", [1, 12, 13, 36])
def test_every_pattern_is_on_one_page_of_a_dozen(tmp_path, count):
    outline = Outline(page(tmp_path, NAMES[:count]))
    shown = [one["data-name"] for one in outline.attributes("div") if "data-name" in one]
    assert shown == 2 * NAMES[:count]
    pages = [one for one in outline.attributes("div") if one.get("class") == "leaf-page"]
    assert len(pages) == 2 * -(-count // 12)
    images = [one["aria-label"] for one in outline.attributes("svg") if "role" in one]
    assert images == [f"map of {name}" for name in 2 * NAMES[:count]]


def test_the_mean_image_stands_in_the_page_once_a_gallery(tmp_path):
    text = page(tmp_path, NAMES)
    assert text.count('class="leaf-mean"') == 2
    assert text.count('href="#one-mean"') == len(NAMES)


@pytest.mark.skipif(BROWSER is None, reason="the page's script: install chromium")
def test_one_leafs_by_keys_buttons_and_names(tmp_path):
    path = tmp_path / "index.html"
    path.write_text(page(tmp_path, NAMES))
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/own"]
    shown = subprocess.run(
        [BROWSER, *options, "--dump-dom", path.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    outline = Outline(shown.stdout)
    first, second, third = "c1 to c1+c5", "c1+c6 to c3+c6", "c3+c7 to c7+c8"
    assert outline.of("pre")[0].split("; ") == [
        f"1 of 3: {first}",
        f"2 of 3: {second}",  # an arrow
        f"3 of 3: {third}",  # back past the first
        f"1 of 3: {first}",  # a button
        f"1 of 3: {first}",  # c8 alone, before patterns that hold it
        f"2 of 3: {second}",  # c2+c8, however it is written
        f"2 of 3: {second}",  # arrows of the search move its cursor
        f"1 of 3: {first}",  # the other gallery stayed where it was
    ]
    hidden = [
        "hidden" in one for one in outline.attributes("div") if one.get("class") == "leaf-page"
    ]
    assert hidden == [False, True, True, True, False, True]
