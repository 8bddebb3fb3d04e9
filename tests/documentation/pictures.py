"""Pictures of the docs, made of a finished demo: its pages as a browser shows them, its figures.

Chromium photographs the pages; where it is not installed, pictures stay as they are.
"""

import shutil
import subprocess
from pathlib import Path

from PIL import Image

from tests.project import ROOT

PICTURES = ROOT / "docs" / "images"

#: Programs that photograph a page, the first that is installed.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")

#: First screens of pages below results: name, page, height of the window in pixels.
SCREENS = {
    "report": ("report/index.html", 1000),
    "check": ("check/index.html", 1000),
    "gallery": ("explain/classifier/gallery.html", 900),
}

#: Figures below results.
FIGURES = {
    "ablation": "distill/simulated/ablation.png",
    "comparison": "calcium/neurons/compare/before__after/small/comparison.png",
    "chests": "cxr/chests/scores.png",
}

#: Width of a window and of a picture in the docs, pixels.
WINDOW, WIDTH = 1400, 1000

#: Colours of a picture, the most that leaves it small.
COLOURS, LARGEST = 128, 200_000


def make(results: Path, folder: Path = PICTURES) -> tuple[list[str], list[str]]:
    """Make every picture whose page or figure is there; what was made, and what was not and why."""
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    made, missing = [], []
    for name, (page, height) in SCREENS.items():
        if not (results / page).exists():
            missing.append(f"{name}: {results / page} is not there")
        elif browser is None:
            missing.append(f"{name}: none of {', '.join(BROWSERS)} is installed")
        else:
            photograph(browser, (results / page).resolve(), folder / f"{name}.png", height)
            made.append(name)
    for name, figure in FIGURES.items():
        if (results / figure).exists():
            shrink(results / figure, folder / f"{name}.png")
            made.append(name)
        else:
            missing.append(f"{name}: {results / figure} is not there")
    return made, missing


def photograph(browser: str, page: Path, picture: Path, height: int) -> None:
    """Photograph the first screen of a page, in its light theme."""
    options = ["--headless", "--no-sandbox", "--hide-scrollbars", "--force-device-scale-factor=1"]
    options += [f"--window-size={WINDOW},{height}", "--virtual-time-budget=3000"]
    taken = picture.with_suffix(".taken.png")
    subprocess.run(
        [browser, *options, f"--screenshot={taken}", page.as_uri()],
        check=True,
        capture_output=True,
        timeout=120,
    )
    shrink(taken, picture)
    taken.unlink()


def shrink(source: Path, picture: Path) -> None:
    """Save a picture narrower, with fewer colours."""
    with Image.open(source) as opened:
        image = opened.convert("RGB")
    if image.width > WIDTH:
        image = image.resize((WIDTH, image.height * WIDTH // image.width), Image.Resampling.LANCZOS)
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(picture, optimize=True)
    if picture.stat().st_size > LARGEST:
        raise SystemExit(f"{picture} has {picture.stat().st_size} bytes, more than {LARGEST}")
