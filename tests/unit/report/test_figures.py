"""Figures: one look, and the same bytes every time."""

import html
import re
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neuroloop.report.figures import PALETTE, grid, installed_fonts, save

ROOT = Path(__file__).parents[3]

PROGRAM = """
import sys
from neuroloop.report.figures import grid, save
figure, axes = grid(1, 2, width=2, height=2, sharey=True)
axes[0, 0].errorbar([1, 2], [3, 4], [[0.1, 0.2], [0.3, 0.4]], fmt="o", label="a")
axes[0, 1].imshow([[0, 1], [2, 3]])
figure.legend(loc="outside lower center")
figure.suptitle("A title")
save(figure, *sys.argv[1:])
"""


def draw(folder, name="figure"):
    """A figure with what figures of the workflow hold, in two formats."""
    paths = folder / f"{name}.png", folder / f"{name}.svg"
    figure, axes = grid(1, 2, width=2, height=2, sharey=True)
    axes[0, 0].errorbar([1, 2], [3, 4], [[0.1, 0.2], [0.3, 0.4]], fmt="o", label="a")
    axes[0, 1].imshow([[0, 1], [2, 3]])
    figure.legend(loc="outside lower center")
    figure.suptitle("A title")
    save(figure, *paths)
    return paths


def test_a_figure_saved_twice_is_the_same_bytes(tmp_path):
    first, second = draw(tmp_path, "one"), draw(tmp_path, "two")
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "one.png",
        "one.svg",
        "two.png",
        "two.svg",
    ]


def test_another_process_at_another_time_draws_the_same_bytes(tmp_path):
    here = draw(tmp_path, "here")
    there = tmp_path / "there.png", tmp_path / "there.svg"
    subprocess.run(
        [sys.executable, "-c", PROGRAM, *there],
        check=True,
        env={"PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": "1", "PYTHONHASHSEED": "7"},
    )
    for one, other in zip(here, there, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_files_are_of_their_kind_and_hold_no_date(tmp_path):
    png, svg = draw(tmp_path)
    data = png.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (1216, 2 * 160)  # 7.6 by 2 inches at 160 dots
    assert b"tIME" not in data
    text = svg.read_text()
    assert text.startswith("<?xml")
    assert "dc:date" not in text
    assert "A title" in text, "text stays text"


def test_a_figure_is_laid_out_once_and_drawn_once_a_file(tmp_path, monkeypatch):
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    done = []

    def count(kind, name):
        plain = getattr(kind, name)

        def counted(self, *given):
            done.append(name)
            return plain(self, *given)

        monkeypatch.setattr(kind, name, counted)

    count(Figure, "draw")
    count(ConstrainedLayoutEngine, "execute")
    draw(tmp_path)
    assert sorted(done) == ["draw"] * 3 + ["execute"], "one to lay out, and one a file"


def test_axes_are_always_a_grid():
    for rows, columns in ((1, 1), (1, 3), (2, 1)):
        figure, axes = grid(rows, columns, width=3, height=2)
        assert axes.shape == (rows, columns)
        wide = max(3 * columns, 7.6)  # room for the title and the legend of a single panel
        assert tuple(figure.get_size_inches()) == (wide, 2 * rows)


def test_a_figure_that_cannot_be_drawn_leaves_no_file(tmp_path):
    figure, axes = grid(1, 1, width=2, height=2)
    axes[0, 0].set_title("$\\nonsense$", parse_math=True)
    with pytest.raises(ValueError, match="nonsense"):
        save(figure, tmp_path / "figure.png")
    assert not list(tmp_path.iterdir())


def test_colours_are_told_apart():
    """Any two are 20 or more apart in CIELAB, where about 2 is the least that is seen."""
    from skimage.color import rgb2lab

    assert len(set(PALETTE)) == 8
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in PALETTE)
    rgb = np.array([[int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)] for colour in PALETTE])
    lab = rgb2lab(rgb[None])[0]
    distances = np.linalg.norm(lab[:, None] - lab, axis=2) + 100 * np.eye(8)
    assert distances.min() > 20


def test_names_are_never_set_as_mathematics(tmp_path):
    """Such a name is not only set in another way: some end a job with an error."""
    names = ["a_$x$_b", "$1 to $2", r"$\alpha$", r"$\nonsense{$", "<b>&"]
    figure, ((axes,),) = grid(1, 1, width=5, height=3)
    axes.set_title(names[0])
    axes.bar(names, range(len(names)), label=names[2])
    axes.legend()
    save(figure, tmp_path / "figure.svg", tmp_path / "figure.png")
    drawn = html.unescape((tmp_path / "figure.svg").read_text())
    for name in names:
        assert f">{name}</text>" in drawn


def test_characters_that_no_font_has_are_told_once(tmp_path, caplog, recwarn):
    for name in ("a.svg", "b.svg"):
        figure, axes = grid(1, 1, width=2, height=2)
        axes[0, 0].set_title("\U000f0001 class")  # a private character
        axes[0, 0].set_xlabel("\U000f0001")
        save(figure, tmp_path / name, (tmp_path / name).with_suffix(".png"))
    assert caplog.text.count("No installed font has \U000f0001") == 1
    assert not [one for one in recwarn if "Glyph" in str(one.message)]


def test_fonts_of_other_scripts_are_used_where_they_are_installed(monkeypatch):
    from matplotlib import rcParams
    from matplotlib.font_manager import fontManager

    installed_fonts.cache_clear()
    monkeypatch.setattr(fontManager, "get_font_names", lambda: ["SimHei", "Comic Sans MS"])
    grid(1, 1, width=2, height=2)
    assert rcParams["font.family"] == ["DejaVu Sans", "SimHei"]
    installed_fonts.cache_clear()
    monkeypatch.undo()
    grid(1, 1, width=2, height=2)
