"""Every built-in entry keeps its kind's contract; broken ones are told what is wrong."""

from pathlib import Path

import pytest

from neuroloop import registry
from neuroloop.contracts.backbone import check_backbone
from neuroloop.contracts.decoder import check_decoder
from neuroloop.contracts.method import check_attribution, check_look
from neuroloop.contracts.teacher import check_teacher
from neuroloop.errors import NeuroLoopError

#: Settings under which the checks are quick.
QUICK = {
    "resnet1d18": {"width": 2, "epochs": 1, "batched_networks": 2},
    "class_images": {"steps": 2},
    "unit_images": {"steps": 2, "units": 2},
    "tsne": {"perplexity": 2},
    "resnet34": {"width": 4, "stem": "small"},
    "resnet50": {"width": 4},
}
CHECKS = {
    "decoder": check_decoder,
    "teacher": check_teacher,
    "attribute": check_attribution,
    "look": check_look,
    "backbone": check_backbone,
}


@pytest.fixture(autouse=True)
def _no_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_PLUGINS", {})


def _kept() -> list[tuple[str, str]]:
    kinds = [
        (kind, name) for kind in ("decoder", "teacher", "backbone") for name in registry.names(kind)
    ]
    return kinds + [
        (function, name)
        for function in ("attribute", "look")
        for name in registry.having("method", function)
    ]


@pytest.mark.parametrize(("kind", "name"), _kept())
def test_every_entry_keeps_its_contract(kind: str, name: str) -> None:
    CHECKS[kind](name, **QUICK.get(name, {}))


def test_every_kind_has_entries() -> None:
    """A plugin of a kind that nothing reads would be ignored in silence."""
    assert [kind for kind in registry.KINDS if not registry.names(kind)] == []


def test_every_method_is_of_one_kind() -> None:
    both = [registry.having("method", function) for function in ("attribute", "look")]
    assert sorted(sum(both, ())) == sorted(registry.names("method"))


def test_orders_are_those_of_pages() -> None:
    """Two of one place would be told apart by their names alone."""
    for kind in ("decoder", "variant", "teacher", "method", "backbone"):
        orders = [registry.entry(kind, name).ORDER for name in registry.names(kind)]
        assert orders == sorted(set(orders)), kind


def source(kind: str, name: str) -> str:
    return registry.path(kind, name).read_text() + f'\nKIND = "{kind}"\n'


DECODER = source("decoder", "svm")
TEACHER = source("teacher", "withinclass").replace("#e69f00", "#123456")
METHOD = source("method", "saliency")
LOOK = source("method", "neighbours")
BACKBONE = source("backbone", "resnet18")
END = "    return svm.scores("
TAUGHT = "    return logits["
MAPS = '    return saliency.attribute("saliency", network, images, classes)'
BUILT = "    return resnet_backbone(18, width, stem)"


@pytest.mark.parametrize(
    ("kind", "text", "old", "new", "said"),
    [
        ("decoder", DECODER, END, "    return np.nan * svm.scores(", "36 of 36 scores are NaN"),
        ("decoder", DECODER, END, "    return svm.scores(", None),
        (
            "decoder",
            DECODER,
            ", n_classes, C)\n",
            ", n_classes, C)[:, 0]\n",
            r"shape \(12,\), not \(12, 3\)",
        ),
        ("decoder", DECODER, END, "    x_train += 1\n    return svm.scores(", "changes the data"),
        (
            "decoder",
            DECODER,
            ", n_classes, C)\n",
            ", n_classes, C) + np.random.rand()\n",
            "second time",
        ),
        (
            "decoder",
            DECODER,
            ", n_classes, C)\n",
            ", n_classes, C) * -1\n",
            "names a class that no",
        ),
        ("decoder", DECODER, "LEGEND = ", "LEGENDS = ", "LEGEND is None: state it"),
        ("decoder", DECODER, "def decode(", "def score(", "has 0 of the functions decode, fit_s"),
        ("decoder", DECODER, ", C)\n", ", D=C)\n", "decode fails with TypeError"),
        ("teacher", TEACHER, TAUGHT, "    return np.nan * logits[", "logits that are not finite"),
        ("teacher", TEACHER, "#123456", "#e69f00", "looks like 'withinclass' in figures"),
        ("teacher", TEACHER, "#123456", "orange", "COLOUR is 'orange': write it as"),
        ("teacher", TEACHER, 'COLOUR, MARKER = "#123456", "s"', "", "COLOUR is None: state it"),
        ("teacher", TEACHER, "MISLEADS = ", "LEADS = ", "MISLEADS is None: state it"),
        ("teacher", TEACHER, 'NEEDS = "brain"', 'NEEDS = "mouse"', 'neither "brain" nor "cnn"'),
        ("teacher", TEACHER, "MISLEADS = F", 'BESIDE = "mouse"\nMISLEADS = F', "BESIDE is neither"),
        ("teacher", TEACHER, "TO_BEAT = False", "TO_BEAT, MISLEADS = True, True", "shows nothing"),
        ("teacher", TEACHER, TAUGHT, "    return np.random.rand() * logits[", "the second time"),
        ("teacher", TEACHER, TAUGHT, "    labels[0] = 1\n    return logits[", "changes the labels"),
        (
            "teacher",
            TEACHER,
            "generator)]",
            "generator)][:, 1:]",
            r"not \(24, 4\) \(images, classes",
        ),
        ("attribute", METHOD, MAPS, MAPS + " * float('nan')", "not finite"),
        ("attribute", METHOD, MAPS, MAPS + " * -1", "not SIGNED and gives negative"),
        ("attribute", METHOD, MAPS, MAPS + "[0]", r"maps of shape \(12, 12\) for 9 images"),
        ("attribute", METHOD, MAPS, MAPS + ".double()", "gives torch.float64, no float32"),
        ("attribute", METHOD, MAPS, "    network.train()\n" + MAPS, "another mode in the network"),
        ("attribute", METHOD, 'UNITS = "logit per unit of input"', "", "UNITS is None: state it"),
        ("look", LOOK, "def draw(", "def paint(", "has 0 of the functions draw: write one"),
        ("look", LOOK, "(opened, count)", "(opened, 'two')", "look fails with TypeError"),
        ("backbone", BACKBONE, BUILT, "    return None", "build gives NoneType"),
        ("backbone", BACKBONE, BUILT, BUILT + "._replace(channels=7)", "2 images and 7 channels"),
        ("backbone", BACKBONE, "(network, seed)\n", "(network, 0)\n", "whatever the seed: use it"),
    ],
)
def test_what_breaks_a_contract_is_named(
    kind: str, text: str, old: str, new: str, said: str | None, tmp_path: Path
) -> None:
    assert old in text
    path = tmp_path / "mine.py"
    path.write_text(text.replace(old, new))
    settings = {"width": 4} if kind == "backbone" else {}
    if said is None:
        CHECKS[kind](path, **settings)
        return
    with pytest.raises(NeuroLoopError, match=said) as error:
        CHECKS[kind](path, **settings)
    assert "mine" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_plugin_says_of_which_kind_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(DECODER.replace('KIND = "decoder"', 'KIND = "fortune"'))
    with pytest.raises(NeuroLoopError, match=r"mine\.py must state KIND, one of decoder, teacher"):
        registry.add_plugin(path)
    path = tmp_path / "ridge.py"
    path.write_text(DECODER)
    with pytest.raises(NeuroLoopError, match="there is a decoder 'ridge' already; rename the file"):
        registry.add_plugin(path)
    with pytest.raises(NeuroLoopError, match=r"plugin .*absent\.py is missing"):
        registry.add_plugin(tmp_path / "absent.py")
    path = tmp_path / "broken.py"
    path.write_text("import nothing_of_that_name")
    with pytest.raises(NeuroLoopError, match=r"broken\.py cannot be imported: ModuleNotFound"):
        registry.add_plugin(path)
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "twice.py").write_text(DECODER)
    one, two = (tmp_path / folder / "twice.py" for folder in ("one", "two"))
    registry.add_plugins([one, one])
    with pytest.raises(NeuroLoopError, match="are two decoders of one name; rename one of them"):
        registry.add_plugin(two)
