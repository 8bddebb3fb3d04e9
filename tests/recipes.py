"""The files that recipes show."""

import re
from pathlib import Path

from tests.project import ROOT

#: Name of the file that each recipe writes, and the folder of its kind.
RECIPES = {
    "decoder": ("lda", "neuroloop/fmri/decoders"),
    "teacher": ("hardbrain", "neuroloop/distill/teachers"),
    "method": ("gradient_times_input", "neuroloop/explain/methods"),
    "backbone": ("plain4", "neuroloop/networks/backbones"),
}


def written(kind: str, folder: Path) -> Path:
    """Write the file of a recipe into a folder, and return its path."""
    page = (ROOT / "docs" / "recipes" / f"{kind}.md").read_text()
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    name, home = RECIPES[kind]
    assert f"`{name}.py`" in page
    assert f"`{home}/`" in page
    file = folder / f"{name}.py"
    file.write_text(code)
    return file
