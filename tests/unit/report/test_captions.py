"""Captions of figures in Snakemake's own report: simulated results say so."""

from types import SimpleNamespace

import pytest
from jinja2 import Environment

from tests.project import ROOT

CAPTIONS = sorted((ROOT / "rules/captions").glob("*.rst"))


def caption(path, source):
    block = {"any": {"source": source}}
    config = dict.fromkeys(("datasets", "areas", "radiographs"), block)
    config["explain"] = {"models": {"any": "results/distill/any/model.json"}}
    names = ("dataset", "area", "session", "session_a", "session_b", "model")
    wildcards = dict.fromkeys(names, "any")
    job = SimpleNamespace(config=config, wildcards=SimpleNamespace(**wildcards))
    return Environment().from_string(path.read_text()).render(snakemake=job)


@pytest.mark.parametrize("path", CAPTIONS, ids=lambda path: path.stem)
def test_captions_say_what_is_simulated_and_that_alone(path):
    assert caption(path, "simulated").startswith("**Simulated: no number is of a")
    assert not caption(path, "other").startswith("**")
    assert caption(path, "simulated").endswith(caption(path, "other"))


def test_the_gain_of_simulated_regions_has_its_reason():
    text = caption(ROOT / "rules/captions/ablation.rst", "simulated")
    assert "know other labelled images" in text
