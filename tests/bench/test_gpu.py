"""The bench of a GPU, in small, with torch and NumPy alone."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Runs the bench where nothing can be imported but the standard library, NumPy, torch and what
#: torch itself needs.
ALONE = """
import runpy, sys
import torch._dynamo  # torch.optim imports it, and it looks for pandas and others itself
from importlib.machinery import PathFinder
class Refuse:
    allowed = {*sys.stdlib_module_names, "numpy", "torch", "torchgen", "functorch", "sympy",
               "mpmath", "typing_extensions", "filelock", "networkx", "jinja2", "markupsafe",
               "fsspec", "neuroloop", "tests"}
    def find_spec(self, name, path=None, target=None):
        if "." in name or name in self.allowed or name.startswith("_sysconfigdata"):
            return None
        if PathFinder.find_spec(name):  # torch asks for some that are not installed
            raise ModuleNotFoundError(f"{name} is refused", name=name)
sys.meta_path.insert(0, Refuse())
for room in ("distill.students", "fmri.resnet1d", "fmri.network_fit", "calcium.reader_training",
             "calcium.reader_maps", "explain.attribution.cam", "training.loop"):
    __import__(f"neuroloop.{room}")
script, *sys.argv = sys.argv[1], *sys.argv[1:]
runpy.run_path(script, run_name="__main__")
"""


def test_it_runs_with_torch_and_numpy_alone(tmp_path: Path) -> None:
    out = tmp_path / "gpu.json"
    command = ["tests/bench/gpu.py", "--tiny", "--cpu", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-c", ALONE, *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    facts = json.loads(out.read_text())
    rows = facts["rows"]
    tasks = {row["task"].partition(",")[0] for row in rows}
    assert tasks == {"decoders", "students", "readers", "Grad-CAM"}
    assert len(done.stdout.splitlines()) == len(rows) + 1
    assert set(facts["peak_tflops"]) == {row["precision"] for row in rows}
    for row in rows:
        for name in ("seconds", "images_per_second", "speedup", "share_of_peak"):
            assert 0 < row[name] < math.inf, (row, name)
    ways = {row["way"] for row in rows if row["task"].startswith("readers")}
    assert ways == {"plain loop"} | {
        f"{side}, {step}, {place}"
        for side in ("apart", "batched")
        for step in ("eager", "recorded")
        for place in ("resident", "moved")
    }
    # Gradients of small networks pass batch normalisation over few pixels, which enlarges rounding.
    for name, of, most in (("from_cpu", "", 0.1), ("gradient_from_cpu", "readers", 0.1)):
        apart = {
            precision: max(
                row[name]
                for row in rows
                if row["precision"] == precision
                and row.get(name) is not None
                and row["task"].startswith(of)
            )
            for precision in facts["peak_tflops"]
        }
        assert apart["float32"] == pytest.approx(apart["tf32"])
        assert apart["float32"] < 1e-6
        assert 1e-5 < apart["bfloat16"] < most  # eight bits, and not more than they cost
