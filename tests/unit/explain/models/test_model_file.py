"""model.json: every kind of network comes back as it was, and every mistake is one clear line."""

import hashlib
import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.cam import class_maps
from neuroloop.explain.models.explained import explained_images
from neuroloop.explain.models.model_file import (
    describe_model,
    open_model,
)
from neuroloop.explain.models.model_images import ModelImages
from neuroloop.explain.models.model_writing import save_model
from neuroloop.images.preparation import Preparation
from neuroloop.networks import calcium_network, transfer_network, transfer_start
from neuroloop.networks import resnet as networks

CLASSES = ("cat", "dog", "cow")
MADE = Preparation(20, 3, crop=16, mean=(0.5,), std=(0.2, 0.3, 0.4))


def model_images(channels=1, size=16, truth=(0, 1, 2, 1)):
    drawn = np.random.default_rng(0).random((4, channels, size, size), dtype=np.float32)
    return ModelImages(drawn, np.array(list("abcd")), np.array(truth))


def make_resnet():
    options = {"depth": 18, "in_channels": 3, "width": 4, "stem": "small", "blocks": (1, 1)}
    network = networks.resnet(classes=3, **options)
    networks.initialise(network, [1])
    return "resnet", options, network, model_images(3), {}


def make_batched():
    options = {"depth": 18, "in_channels": 1, "width": 4, "stem": "small", "blocks": (1, 1)}
    network = networks.resnet(classes=3, members=2, **options)
    networks.initialise(network, [1, 2])
    return "resnet", options, network, model_images(2), {"members": 2}


def make_calcium(head="gap", **options):
    options = {"shape": (16, 16), "head": head, "widths": (4, 5), "hidden": 6} | options
    mask = torch.arange(256).view(16, 16) % 5 > 0
    network = calcium_network.calcium_network(classes=3, mask=mask, **options)
    calcium_network.initialise(network, [1])
    network.input.mean.fill_(0.4)
    network.input.std.fill_(0.3)
    hots = ((1, 0, 0), (0, 1, 1), (0, 0, 0), (1, 1, 1))
    return "calcium", options, network, model_images(truth=hots), {"labels": "multi"}


def make_places():
    return make_calcium("flatten", coordinates=True)


def make_transfer():
    options = {
        "backbone": "resnet18",
        "width": 4,
        "stem": "small",
        "cut": "layer3",
        "units": (5, 4),
        "dropout": 0.5,
    }
    network = transfer_network.transfer_network(classes=3, **options)
    transfer_start.initialise_backbone(network, 1)
    transfer_start.initialise_head(network, 1)
    return "transfer", options, network, model_images(), {}


def make_lite():
    options = {"backbone": "efficientnet_lite0", "units": ()}
    network = transfer_network.transfer_network(classes=3, **options)
    transfer_start.initialise_backbone(network, 1)
    transfer_start.initialise_head(network, 1)
    return "transfer", options, network, model_images(size=32), {}


MAKERS = [make_resnet, make_batched, make_calcium, make_places, make_transfer, make_lite]


def save(folder, make=make_resnet, **changes):
    kind, options, network, images, more = make()
    path = folder / "student" / "model.json"
    description = {"kind": kind, "options": options, "classes": CLASSES, **more, **changes}
    save_model(path, weights=network.state_dict(), images=images, **description)
    return path, network.eval(), images


@pytest.mark.parametrize("make", MAKERS)
def test_round_trip(tmp_path, make):
    path, network, images = save(tmp_path, make, seed=3)
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "images.json",
        "images.npz",
        "model.json",
        "weights.safetensors",
    ]
    moved = path.parent.rename(tmp_path / "elsewhere") / "model.json"
    opened = open_model(moved)
    x = torch.from_numpy(images.images)
    assert torch.equal(opened.network(x), network(x))
    assert not any(module.training for module in opened.network.modules())
    np.testing.assert_array_equal(opened.images.images, images.images)
    np.testing.assert_array_equal(opened.images.truth, images.truth)
    assert opened.images.ids.tolist() == list("abcd")
    assert (opened.name, opened.classes, opened.facts) == ("elsewhere", CLASSES, {"seed": 3})
    assert (opened.kind, opened.preparation) == (make()[0], None)
    assert opened.labels == ("multi" if opened.kind == "calcium" else "single")
    # The layer is one that class activation maps can be taken at.
    maps = class_maps(opened.network, opened.layer, x[:1], torch.tensor([[0, 1]]), signed=True)
    assert maps.shape[:3] == (1, network.members, 2)
    assert float(maps.abs().sum()) > 0


def test_weights_and_images_that_lie_elsewhere(tmp_path):
    path, network, images = save(tmp_path)
    there = tmp_path / "explain" / "model.json"
    describe_model(
        there,
        kind="resnet",
        options=make_resnet()[1],
        weights=path.with_name("weights.safetensors"),
        images=path.with_name("images.npz"),
        classes=CLASSES,
        preparation=MADE,
        name="my student",
    )
    opened = open_model(there)
    x = torch.from_numpy(images.images)
    assert torch.equal(opened.network(x), network(x))
    assert opened.preparation == MADE
    assert opened.name == "my student"
    assert json.loads(there.read_text())["weights"] == "../student/weights.safetensors"


PREPARED = {"size": 16, "channels": 3}


def own_checkpoint(folder, **changes):
    """What a user writes by hand: a checkpoint with torchvision's names, and a folder."""
    _, _, network, _, _ = make_resnet()
    torch.save(network.state_dict(), folder / "mine.pth")
    for number, name in enumerate(("cow/1.png", "cat/2.png")):
        (folder / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), (51 * number, 102, 255)).save(folder / "photos" / name)
    described = {
        "kind": "resnet",
        "options": {
            "depth": 18,
            "in_channels": 3,
            "width": 4,
            "stem": "small",
            "blocks": [1, 1],
        },
        "weights": "mine.pth",
        "classes": list(CLASSES),
        "images": {"folder": "photos"},
        "preparation": PREPARED | {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
    }
    path = folder / "model.json"
    path.write_text(json.dumps({**described, **changes}))
    return path, network.eval()


def test_a_checkpoint_of_ones_own(tmp_path):
    path, network = own_checkpoint(tmp_path)
    opened = open_model(path)
    assert opened.images.truth.tolist() == [0, 2]
    assert opened.images.ids.tolist() == ["cat/2.png", "cow/1.png"]
    pixels = torch.tensor([[0.2, 0.4, 1], [0, 0.4, 1]])[:, :, None, None].expand(2, 3, 16, 16)
    mean, std = (
        torch.tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    x = torch.from_numpy(opened.images.images[:])
    torch.testing.assert_close(x, (pixels - mean) / std, rtol=1e-5, atol=1e-6)
    assert torch.equal(opened.network(x), network(x))
    opened.facts["seen"] = True
    assert open_model(path).facts == {}
    path, _ = own_checkpoint(tmp_path, labels="multi", facts={"source": "me"})
    assert open_model(path).images.truth is None
    assert open_model(path).facts == {"source": "me"}


GOOD = {"depth": 18, "in_channels": 3, "width": 4, "stem": "small", "blocks": [1, 1]}
FOLDER = {"folder": "photos"}
TRANSFER = {
    "kind": "transfer",
    "options": {"backbone": "resnet18", "in_channels": 3},
    "preparation": PREPARED,
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": 1}, "key colour is unknown: remove it, or use one of kind, options"),
        ({"kind": "vgg"}, "kind: 'vgg' is not one of resnet, calcium, transfer"),
        ({"kind": ["resnet"]}, "kind: .* is not one of"),
        ({"options": []}, r"options: \[\] is not an object"),
        ({"options": GOOD | {"activation": 1}}, r"key options\.activation is unknown"),
        ({"options": GOOD | {"classes": 3}}, r"key options\.classes is unknown"),
        ({"options": {"depth": 18}}, r"lacks the key options\.in_channels"),
        ({"options": GOOD | {"depth": 19}}, "options: no ResNet of depth 19"),
        ({"options": GOOD | {"width": "wide"}}, "options: "),
        ({"options": GOOD | {"width": 8}}, r"mine\.pth do not fit the network: .*: fix options"),
        ({"options": GOOD | {"in_channels": 1}}, "do not fit the network: conv1.weight has shape"),
        (TRANSFER | {"options": {"backbone": "resnet18", "cut": "x"}}, "no section 'x'"),
        (
            TRANSFER,
            r"backbone\.conv1\.weight is missing",
        ),
        (TRANSFER | {"options": {"backbone": "vgg"}}, "options: there is no backbone 'vgg'"),
        (TRANSFER | {"preparation": PREPARED | {"mean": [0.5]}}, "which normalises itself"),
        ({"weights": 3}, "weights: 3 is not a path"),
        ({"weights": "none.pth"}, r"none\.pth is missing"),
        ({"weights": "photos/cow/1.png"}, "1.png is damaged or no checkpoint of torch"),
        ({"classes": ["cat", "dog"]}, "classes: 2 are listed, but .* have 3 outputs"),
        ({"classes": ["cat", "dog", "cat"]}, "classes: .* is not a list of different names"),
        ({"classes": []}, "classes: .* is not a list of different names"),
        (
            {"classes": ["cat"]},
            "classes: of cat alone softmax gives 1 .* set labels to multi",
        ),
        ({"labels": "many"}, "labels: 'many' is not single or multi"),
        ({"members": 0}, "members: 0 is not a positive whole number"),
        ({"members": True}, "members: True is not a positive whole number"),
        ({"members": 10**9}, "members: 1000000000 is not a positive whole number up to 1000"),
        ({"members": 3}, "members: 3 networks are stated, but the weights .* outputs of one"),
        ({"members": 1.0}, r"members: 1\.0 is not a positive whole number"),
        ({"options": GOOD | {"width": 10**7}}, "do not fit the network: .*another width"),
        ({"options": GOOD | {"width": 10**18}}, "options: "),
        ({"options": GOOD | {"blocks": [10**9]}}, "options: blocks are more than the weights"),
        ({"options": GOOD | {"blocks": "ab"}}, "options: "),
        ({"classes": ["cat", "", "dog"]}, "classes: .* is not a list of different names"),
        ({"preparation": PREPARED | {"size": 10**9}}, r"preparation\.size: .* up to 16384"),
        ({"images": "none.npz"}, r"none\.npz is missing"),
        ({"images": 3}, "images: 3 is not a path"),
        ({"images": FOLDER | {"folder": "nowhere"}}, "nowhere holds no images"),
        ({"images": FOLDER | {"colour": 1}}, r"key images\.colour is unknown"),
        ({"preparation": None}, "preparation: None is not an object, which a folder of images"),
        ({"preparation": 3}, "preparation: 3 is not an object, nor null"),
        ({"preparation": {"channels": 3}}, r"lacks the key preparation\.size"),
        ({"preparation": PREPARED | {"grey": 1}}, r"key preparation\.grey is unknown"),
        ({"preparation": PREPARED | {"size": 0}}, r"preparation\.size: 0 is not a number of"),
        ({"preparation": PREPARED | {"crop": -1}}, r"preparation\.crop: -1 is not a number of"),
        (
            {"preparation": PREPARED | {"channels": 2}},
            r"preparation\.channels: 2 is not 1 \(grey\)",
        ),
        (
            {"preparation": PREPARED | {"channels": 1}},
            r"takes 3 channels, but preparation\.channels is 1",
        ),
        (
            {"preparation": PREPARED | {"levels": "x"}},
            "levels: 'x' is not photograph or radiograph",
        ),
        (
            {"preparation": PREPARED | {"white": 1.5}},
            r"preparation\.white: 1\.5 is not a grey level",
        ),
        ({"preparation": PREPARED | {"std": [0]}}, r"preparation\.std: \[0\] is not a list of"),
        ({"preparation": PREPARED | {"mean": "0"}}, r"preparation\.mean: '0' is not a list of"),
        (
            {"preparation": PREPARED | {"mean": [0, 1]}},
            r"preparation\.mean: \[0, 1\] is not a list",
        ),
        ({"name": 3}, "name: 3 is not a text"),
        ({"facts": []}, r"facts: \[\] is not an object"),
    ],
)
def test_mistakes(tmp_path, changes, said):
    path, _ = own_checkpoint(tmp_path, **changes)
    with pytest.raises(NeuroLoopError, match=said) as caught:
        open_model(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("fc.weight", np.nan, r"weights \S+mine\.pth: 1 of \d+ numbers of fc\.weight are not"),
        ("bn1.running_var", np.inf, r"numbers of bn1\.running_var are not finite"),
        ("bn1.running_var", -1.0, r"bn1\.running_var has a negative variance"),
        ("bn1.weight", 3e38, r"the network.s outputs are not finite for image cat"),
    ],
)
def test_networks_that_do_not_compute_are_refused(tmp_path, name, value, said):
    """They named every image of the class that came first."""
    path, network = own_checkpoint(tmp_path)
    state = network.state_dict()
    state[name].view(-1)[0] = value
    torch.save(state, path.with_name("mine.pth"))
    with pytest.raises(NeuroLoopError, match=said) as caught:
        open_model(path)
    assert "\n" not in str(caught.value)


def test_one_output_is_a_sigmoid(tmp_path):
    network = networks.resnet(classes=1, **GOOD)
    state = {name: torch.zeros_like(values) for name, values in network.state_dict().items()}
    path, _ = own_checkpoint(tmp_path, classes=["cow"], labels="multi")
    torch.save(state | {"fc.bias": torch.tensor([-2.0])}, path.with_name("mine.pth"))
    explained = explained_images(open_model(path), 2, seed=0)
    assert explained.probabilities == pytest.approx(1 / (1 + np.exp(2)), rel=1e-6)


@pytest.mark.parametrize("members", [1, 2])
def test_one_output_of_two_classes_is_a_sigmoid(tmp_path, members):
    options = GOOD | {"in_channels": 1}
    network = networks.resnet(classes=1, members=members, **options).eval()
    networks.initialise(network, range(members))
    images = model_images(members, truth=(0, 1, 1, 0))
    path = tmp_path / "model.json"
    described = {"kind": "resnet", "options": options, "classes": ("cow", "cat")}
    save_model(path, weights=network.state_dict(), images=images, members=members, **described)
    opened = open_model(path)
    x = torch.from_numpy(images.images)
    logits = network(x)[..., 0]
    chance = opened.network(x).softmax(-1)
    torch.testing.assert_close(chance[..., 1], logits.sigmoid())
    torch.testing.assert_close(chance[..., 0], (-logits).sigmoid())
    assert opened.intake.recognised == [
        "The network has one output, read as a sigmoid: the probability of cat; that of cow is 1 "
        "less it."
    ]
    explained = explained_images(opened, 4, seed=0)
    mean = logits.mean(1).detach().numpy()[explained.rows]
    assert explained.classes.tolist() == (mean > 0).astype(int).tolist()
    if members == 1:
        assert explained.probabilities == pytest.approx(1 / (1 + np.exp(-abs(mean))), rel=1e-5)


def test_what_was_unwrapped_is_told_and_files_are_hashed(tmp_path):
    path, network = own_checkpoint(tmp_path)
    state = {f"module.{name}": values for name, values in network.state_dict().items()}
    torch.save({"state_dict": state}, path.with_name("mine.pth"))
    opened = open_model(path)
    x = torch.from_numpy(opened.images.images[:])
    assert torch.equal(opened.network(x), network(x))
    told = " ".join(opened.intake.recognised)
    assert "the weights lie under state_dict" in told
    assert "module. before every name" in told
    assert "folders are true classes, images 1 of cat, 0 of dog, 1 of cow" in told
    whole = opened.hashed()
    assert [file.file for file in whole.files] == [str(path), str(path.with_name("mine.pth"))]
    assert whole.files[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert not opened.intake.files


def in_preparation(tmp_path, change, **preparation):
    """Open a model whose images of a file are changed, and return what became of them."""
    path, _, images = save(tmp_path, preparation=Preparation(16, 3, **preparation))
    arrays = {"truth": images.truth, "id": images.ids}
    np.savez(path.with_name("images.npz"), **arrays, images=change(images.images.copy()))
    opened = open_model(path)
    return opened.images.images, opened.intake.warnings


def with_pixel(value):
    def change(images):
        images[1, 0, 0, 0] = value
        return images

    return change


def test_an_overshoot_is_clipped_and_told(tmp_path):
    for value, kept in ((1.02, 1), (-0.05, 0)):
        images, (warning,) = in_preparation(tmp_path, with_pixel(value))
        assert images[1, 0, 0, 0] == kept
        assert "pixels of 1 of 4 images reach from" in warning
        assert "clipped to 0 and 1" in warning
    images, warnings = in_preparation(tmp_path, with_pixel(1.000001))
    assert images[1, 0, 0, 0] == np.float32(1.000001)
    assert not warnings
    normalised = in_preparation(tmp_path, lambda x: (x - 0.5) / 0.25, mean=(0.5,), std=(0.25,))
    assert not normalised[1]


def test_images_that_the_preparation_hardly_made_are_warned_of(tmp_path):
    _, (warning,) = in_preparation(tmp_path, lambda x: x, mean=(0.3,), std=(0.5,))
    assert "no pixel is darker than the mean" in warning
    _, (warning,) = in_preparation(tmp_path, lambda x: x, crop=12)
    assert "pixels, but preparation in model.json makes 12 x 12" in warning


def test_mean_and_deviation_are_of_pixels_from_0_to_1(tmp_path):
    for wrong in ({"mean": (123.0,)}, {"std": (58.0,)}):
        with pytest.raises(NeuroLoopError, match="divide those of levels up to 255 by 255"):
            in_preparation(tmp_path, lambda x: x, **wrong)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: x * 255, r"from 0 to 255: divide by 255\)"),
        (lambda x: 2 * x - 1, r"from -1 to 1: state mean and std of 0\.5"),
        (lambda x: x + 3, r"reach from 3.* but preparation in model\.json makes pixels from 0"),
    ],
)
def test_images_of_another_range_are_refused(tmp_path, change, said):
    with pytest.raises(NeuroLoopError, match=said):
        in_preparation(tmp_path, change)
    path, _, images = save(tmp_path, preparation=None)  # any values are the network's own
    np.savez(
        path.with_name("images.npz"),
        images=change(images.images),
        truth=images.truth,
        id=images.ids,
    )
    assert not open_model(path).intake.warnings


def test_masks_are_true_or_false(tmp_path):
    path, _, images = save(tmp_path)
    arrays = {"images": images.images, "truth": images.truth, "id": images.ids}
    mask = np.zeros((len(images.ids), *images.images.shape[2:]))
    np.savez(path.with_name("images.npz"), **arrays, mask=mask)
    assert open_model(path).images.mask is not None
    mask[0, 0] = np.nan  # which is true
    np.savez(path.with_name("images.npz"), **arrays, mask=mask)
    with pytest.raises(NeuroLoopError, match=r"images\.npz: mask has values other than 0 and 1"):
        open_model(path)


@pytest.mark.parametrize("key", ["kind", "options", "weights", "classes", "images"])
def test_missing_keys(tmp_path, key):
    path, _ = own_checkpoint(tmp_path)
    described = json.loads(path.read_text())
    described.pop(key)
    path.write_text(json.dumps(described))
    with pytest.raises(NeuroLoopError, match=rf"model\.json lacks the key {key}: add it"):
        open_model(path)


def test_descriptions_of_earlier_versions_are_refused(tmp_path):
    """They did not say how images were made, so other images could not be made alike."""
    path, _ = own_checkpoint(tmp_path)
    described = json.loads(path.read_text())
    del described["preparation"]
    path.write_text(json.dumps(described))
    with pytest.raises(
        NeuroLoopError, match=r"does not state how images are prepared, .* train the"
    ):
        open_model(path)
    described |= {"preparation": None, "preprocessing": {"mean": [0], "std": [1]}}
    path.write_text(json.dumps(described))
    with pytest.raises(NeuroLoopError, match="does not state how images are prepared"):
        open_model(path)


def test_files_that_are_damaged(tmp_path):
    with pytest.raises(NeuroLoopError, match=r"model\.json is missing"):
        open_model(tmp_path / "model.json")
    path, _, _ = save(tmp_path)
    for name in ("weights.safetensors", "images.npz", "model.json"):
        file = path.with_name(name)
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(NeuroLoopError, match=name):
            open_model(path)
        file.write_bytes(whole)
    open_model(path)


def test_images_of_a_size_that_the_network_cannot_take(tmp_path):
    path, _, _ = save(tmp_path, make_places)
    described = json.loads(path.read_text())
    described["options"]["shape"] = [16, 18]
    path.write_text(json.dumps(described))
    with pytest.raises(NeuroLoopError, match=r"options: mask of \(16, 16\) pixels"):
        open_model(path)
    kind, options, network, _, more = make_places()
    wide = model_images(size=18, truth=((0, 0, 0),) * 4)
    save_model(
        path,
        kind=kind,
        options=options,
        weights=network.state_dict(),
        images=wide,
        classes=CLASSES,
        **more,
    )
    with pytest.raises(NeuroLoopError, match=r"does not accept the shape \(1, 18, 18\)"):
        open_model(path)


def test_a_writer_is_held_to_the_same(tmp_path):
    path, _, _ = save(tmp_path)
    beside = {
        "weights": path.with_name("weights.safetensors"),
        "images": path.with_name("images.npz"),
    }
    given = {"kind": "resnet", "options": GOOD, "classes": CLASSES, **beside}
    there = tmp_path / "model.json"
    with pytest.raises(NeuroLoopError, match=r"key options\.activation is unknown"):
        describe_model(there, **given | {"options": GOOD | {"activation": "relu"}})
    with pytest.raises(NeuroLoopError, match=r"members: 2 is not .*, 1 for transfer"):
        describe_model(there, **given | {"kind": "transfer", "members": 2})
    assert not there.exists()
    describe_model(there, **given)
    assert there.exists()


def test_the_same_model_is_the_same_bytes(tmp_path):
    first, second = (save(tmp_path / name)[0] for name in ("one", "two"))
    for name in ("model.json", "weights.safetensors", "images.npz"):
        assert first.with_name(name).read_bytes() == second.with_name(name).read_bytes()
    assert (
        load_file(first.with_name("weights.safetensors")).keys()
        == make_resnet()[2].state_dict().keys()
    )
