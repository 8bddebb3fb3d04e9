"""Variants of decoders are run by the rules of decoders, and teach students of their own."""

from typing import Any

import pytest

from neuroloop.files.formats import load_array, load_arrays, read_json, read_table
from tests.project import Project, preset

pytestmark = pytest.mark.workflow

#: A decoder of each variant.
DECODERS = {"null": "voxelnull", "equal": "equalvoxels", "accuracy": "equalaccuracy"}


def config(rois: dict[str, int]) -> dict[str, Any]:
    """One subject of config/test.yaml, with regions of these sizes, and every variant of ridge."""
    made = preset("test")
    made["run"] = ["tiny"]
    tiny = made["datasets"]["tiny"]
    tiny["subjects"] = {"S1": tiny["subjects"]["S1"]}
    tiny["rois"] = {
        name: {"encoding": "category", "size": size, "snr": 1.0, "voxels": 20}
        for name, size in rois.items()
    }
    for name, variant in DECODERS.items():
        made["decoders"][name] = {"like": "ridge", "variant": variant}
    tiny["decoders"] = ["ridge", *DECODERS]
    tiny["teaching"] |= {"decoders": ["ridge", "null", "accuracy"], "teachers": ["none", "brain"]}
    return made


@pytest.mark.long
def test_variants_are_decoded_assessed_and_taught(fresh: Project) -> None:
    project = fresh.write_config("own.yaml", config({"V1": 30, "HVC": 25}))
    tables = ("results/fmri/tiny/decoding.tsv", "results/distill/tiny/ablation.tsv")
    project.run(*tables)
    results = project.folder / "results"
    plain = results / "fmri/tiny/S1/HVC/ridge"
    assert "variant" not in read_json(plain / "metrics.json")
    for decoder, variant in DECODERS.items():
        folder = results / "fmri/tiny/S1/HVC" / decoder
        metrics, (logits, facts) = (
            read_json(folder / "metrics.json"),
            load_array(folder / "logits.npy"),
        )
        assert metrics["variant"] == facts["variant"]
        assert metrics["variant"]["name"] == variant
        assert metrics["decoder"] == read_json(plain / "metrics.json")["decoder"]
        assert facts["ids"] == load_array(plain / "logits.npy")[1]["ids"]
        changed = variant == "voxelnull" or any(facts["variant"].get("noise", []))
        assert (logits != load_array(plain / "logits.npy")[0]).any() == changed, "HVC is smallest"
        samples, before = (load_arrays(one / "samples.npz") for one in (folder, plain))
        for name in ("sample", "run", "fold", "truth"):
            assert (samples[name] == before[name]).all(), name
    equal = read_json(results / "fmri/tiny/S1/V1/equal/metrics.json")["variant"]
    assert equal["regions"] == {"V1": 30, "HVC": 25}
    assert (equal["candidates"], equal["selected"]) == (25, 20)

    decoding = read_table(results / "fmri/tiny/decoding.tsv", {"decoder": str, "family": str})
    families = dict(zip(decoding["decoder"], decoding["family"], strict=True))
    assert families == {"ridge": "single subjects"} | {
        name: f"single subjects, {variant}" for name, variant in DECODERS.items()
    }
    compared = read_table(results / "distill/tiny/comparisons.tsv", {"decoder": str, "family": str})
    assert set(compared["decoder"]) == {"ridge", "null", "accuracy"}
    assert set(compared.loc[compared["decoder"] == "null", "family"]) == {"gains, voxelnull"}
    over = compared[compared["control"] == "voxelnull"]
    assert set(over["decoder"]) == {"ridge"}
    assert set(over["family"]) == {"gains, over variants"}
    assert project.waiting(*tables) == set()

    more = project.write_config("own.yaml", config({"V1": 30, "HVC": 25, "V4": 40}))
    waiting = more.waiting("soft_labels")
    for decoder, again in {"ridge": False, "null": False, "equal": True, "accuracy": True}.items():
        assert (f"decode_linear fmri/tiny/S1/HVC/{decoder}" in waiting) == again, decoder


def test_variants_are_planned_as_decoders_and_no_audit_takes_them(fresh: Project) -> None:
    own = fresh.write_config("own.yaml", config({"V1": 30, "HVC": 25}))
    planned = own.plan("soft_labels")
    for decoder in ("ridge", *DECODERS):
        assert f"decode_linear fmri/tiny/S1/HVC/{decoder}" in planned
    audited = own.plan("audit")
    assert "audit_decoding audit/fmri/tiny/S1/HVC/ridge" in audited
    assert not any(f"/{decoder}" in job for job in audited for decoder in DECODERS)
