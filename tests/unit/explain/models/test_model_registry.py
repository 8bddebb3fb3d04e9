"""The register of trained networks."""

import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.models.model_registry import register
from scripts.explain.register_models import register_models
from tests.unit.explain.looks.test_inside import save


def both(tmp_path, kind):
    paths = []
    for name in ("calcium", "resnet"):
        (tmp_path / name).mkdir()
        path = save(tmp_path / name, kind, name)
        path.write_text(path.read_text().replace('"tiny"', f'"{name}"'))
        paths.append(path)
    return paths


def test_a_row_a_network(tmp_path, kind):
    paths = both(tmp_path, kind)
    table = register(paths)
    assert table["model"].tolist() == ["calcium", "resnet"]
    assert table["path"].tolist() == [path.as_posix() for path in paths]
    assert table["kind"].tolist() == ["calcium", "resnet"]
    assert table["classes"].tolist() == [3, 3]
    assert table["images"].tolist() == [12, 12]
    # Calcium: 4 of 5 x 5, 5 of 4 x 5 x 5, 6 of 5 x 4 x 4, 3 of 6, each with its bias.
    assert table["parameters"][0] == 4 * 26 + 5 * 101 + 6 * 81 + 3 * 7
    register_models(models=paths, table=tmp_path / "models.tsv")
    lines = (tmp_path / "models.tsv").read_text().splitlines()
    assert lines[0] == "model\tpath\tkind\tclasses\tparameters\timages"
    assert len(lines) == 3


def test_no_networks(tmp_path):
    register_models(models=[], table=tmp_path / "models.tsv")
    assert (tmp_path / "models.tsv").read_text() == (
        "model\tpath\tkind\tclasses\tparameters\timages\n"
    )


def test_a_broken_one_is_named_and_nothing_is_written(tmp_path, kind):
    good, broken = both(tmp_path, kind)
    broken.write_text(broken.read_text().replace('"resnet"', '"vgg"'))
    with pytest.raises(NeuroLoopError) as caught:
        register_models(models=[good, broken], table=tmp_path / "models.tsv")
    assert str(broken) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "models.tsv").exists()


def test_two_of_one_name_are_refused(tmp_path, kind):
    first, second = both(tmp_path, kind)
    second.write_text(second.read_text().replace('"name": "resnet"', '"name": "calcium"'))
    with pytest.raises(NeuroLoopError, match="both describe a network named calcium") as caught:
        register([first, second])
    assert str(first) in str(caught.value)
    assert str(second) in str(caught.value)
