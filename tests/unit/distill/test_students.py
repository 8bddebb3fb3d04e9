"""Students: alike in all but the teacher, tested on images that had no part in their training."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from neuroloop.distill import student_views, students
from neuroloop.distill.loss import Distillation
from neuroloop.distill.student_views import Views
from neuroloop.distill.students import Student, build, train_students
from neuroloop.distill.teaching import teach
from neuroloop.errors import NeuroLoopError
from neuroloop.images.preparation import normalised
from neuroloop.jobs.seeds import derive_seed, torch_generator
from neuroloop.networks.resnet import initialise, member_state, resnet
from neuroloop.training.checkpoints import Checkpoint
from neuroloop.training.recipe import Recipe

CPU = torch.device("cpu")
SEEDS = [11, 12, 13]
CLASSES = 3
STUDENT = Student(
    depth=18,
    width=2,
    stem="small",
    weights=None,
    temperature=4.0,
    alpha=0.5,
    recipe=Recipe(epochs=2, batch_size=5, learning_rate=0.05, momentum=0.9, nesterov=True),
    crop=8,
    pad=1,
    flip=True,
)
BLOCK = {
    "depth": 18,
    "width": 2,
    "stem": "small",
    "weights": None,
    "temperature": 4.0,
    "alpha": 0.5,
    "epochs": 2,
    "batch_size": 5,
    "learning_rate": 0.05,
    "momentum": 0.9,
    "nesterov": True,
    "crop": 8,
    "pad": 1,
    "flip": True,
    "batched_networks": 1,
}


def pixels(count, seed=0, channels=1, side=8):
    drawn = np.random.default_rng(seed).integers(0, 256, size=(count, channels, side, side))
    return drawn.astype(np.uint8)


def views_of(images, student, seeds):
    return Views(images, student.crop, student.pad, student.flip, seeds, CPU)


def shown(views, epoch, *steps):
    """Views of these rows, (members, batch) of each step, as those of an epoch."""
    order = np.stack([np.asarray(rows) for rows in steps])
    return [views.show(*made_of) for made_of in views.batches(epoch, order)]


def centred(views, images):
    """Test images as students take them."""
    return torch.from_numpy(views.preparation.apply(images))


IMAGES, TESTS = pixels(12), pixels(4, seed=1)
LABELS = np.arange(12) % CLASSES


def teacher(name, seeds=SEEDS):
    """Logits (seeds, images, classes) of a teacher."""
    logits = np.random.default_rng(5).normal(scale=8, size=(12, CLASSES)).astype(np.float32)
    generators = [np.random.default_rng(seed) for seed in seeds]
    taught = [teach(name, LABELS, CLASSES, 4.0, generator, logits) for generator in generators]
    return None if taught[0] is None else np.stack(taught)


def train(name="none", student=STUDENT, seeds=SEEDS[:1], tests=TESTS, images=IMAGES, **options):
    taught = teacher(name, seeds)
    return train_students(images, LABELS, taught, tests, CLASSES, student, seeds, CPU, **options)


def same(one, other):
    """Whether two sets of weights are the same byte for byte."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


# -------------------------------------------------------------------------------- settings


def test_a_block_of_the_config_is_a_student():
    assert Student.from_block(BLOCK) == STUDENT
    named = Student.from_block({**BLOCK, "schedule": "cosine"}, Path("some/file.pth"))
    assert named.weights == Path("some/file.pth")
    assert named.recipe == replace(STUDENT.recipe, schedule="cosine")


def test_every_key_of_a_block_is_used():
    """A setting that reaches neither student nor recipe would be silently without effect."""
    known = {field.name for kind in (Student, Recipe) for field in fields(kind)} - {"recipe"}
    assert set(BLOCK) <= known


# ----------------------------------------------------------------------------------- views


def by_hand(views, epoch, indices):
    """Views of a batch, image by image and pixel by pixel."""
    made = np.zeros((indices.shape[1], indices.shape[0], views.images.shape[1], 0, 0)).tolist()
    pad, known = views.pad, views.preparation
    source = normalised(views.images.numpy(), known.mean, known.std, pad)
    for member, seed in enumerate(views.seeds):
        top, left, flip = torch.rand(
            3, indices.shape[1], generator=torch_generator(seed, "views", epoch)
        ).numpy()
        spare = source.shape[2] - views.crop + 1
        for place, row in enumerate(indices[member].tolist()):
            y, x = int(top[place] * spare), int(left[place] * spare)
            view = source[row][:, y : y + views.crop, x : x + views.crop]
            if views.flip and flip[place] < 0.5:
                view = view[:, :, ::-1]
            made[place][member] = view.tolist()
    return np.array(made, dtype=np.float32).reshape(len(made), -1, views.crop, views.crop)


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(("crop", "pad", "side"), [(8, 1, 8), (5, 0, 8), (9, 3, 7), (8, 0, 8)])
def test_views_are_those_of_a_slow_loop(flip, crop, pad, side):
    student = replace(STUDENT, flip=flip, crop=crop, pad=pad)
    views = views_of(pixels(6, channels=3, side=side), student, SEEDS)
    indices = torch.tensor([[3, 1, 0, 3], [5, 4, 2, 2], [0, 1, 2, 3]])
    [drawn] = shown(views, 1, indices)
    assert drawn.shape == (4, 3 * 3, crop, crop)
    np.testing.assert_array_equal(drawn.numpy(), by_hand(views, 1, indices))


def test_views_differ_from_batch_to_batch_and_are_the_epochs_own():
    views = views_of(pixels(12, side=8), replace(STUDENT, pad=3), SEEDS[:1])
    indices = torch.arange(10)[None]
    first, second = shown(views, 0, indices, indices)
    assert not torch.equal(first, second)
    assert not torch.equal(shown(views, 1, indices)[0], first)
    resumed = views_of(pixels(12, side=8), replace(STUDENT, pad=3), SEEDS[:1])
    [drawn], [after] = shown(resumed, 2, indices), shown(views, 2, indices)
    assert torch.equal(drawn, after), "whatever was drawn in epochs before"


def test_all_crops_are_drawn_and_half_of_them_mirrored():
    image = np.arange(16, dtype=np.uint8).reshape(1, 1, 4, 4)
    views = views_of(image, replace(STUDENT, crop=3, pad=0), SEEDS[:1])
    drawn = shown(views, 0, np.zeros((1, 4000), dtype=int))[0].numpy()[:, 0]
    kinds, counts = np.unique(drawn.reshape(4000, -1), axis=0, return_counts=True)
    assert len(kinds) == 2 * 2 * 2
    assert (np.abs(counts - 500) < 5 * np.sqrt(500)).all()


def test_views_of_a_member_do_not_depend_on_the_others():
    indices = torch.tensor([[0, 1, 2], [3, 4, 5], [6, 7, 8]])
    [together] = shown(views_of(IMAGES, STUDENT, SEEDS), 0, indices)
    for member, seed in enumerate(SEEDS):
        [alone] = shown(views_of(IMAGES, STUDENT, [seed]), 0, indices[member][None])
        assert torch.equal(together[:, [member]], alone)


def test_pixels_are_scaled_by_the_training_images():
    images = pixels(7, channels=3)
    images[:, 1] //= 4
    views = views_of(images, STUDENT, SEEDS)
    scaled = images / 255
    np.testing.assert_allclose(views.preparation.mean, scaled.mean(axis=(0, 2, 3)), rtol=1e-13)
    np.testing.assert_allclose(views.preparation.std, scaled.std(axis=(0, 2, 3)), rtol=1e-12)
    whole = views_of(images, replace(STUDENT, crop=10, flip=False), SEEDS[:1])
    [seen] = shown(whole, 0, np.arange(7)[None])
    inner = seen[:, :, 1:-1, 1:-1]
    np.testing.assert_allclose(inner.mean(dim=(0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(inner.std(dim=(0, 2, 3), correction=0), 1, rtol=1e-5)
    border = seen.clone()
    border[:, :, 1:-1, 1:-1] = 0
    assert not border.any(), "the border is the mean"
    as_before = normalised(images, whole.preparation.mean, whole.preparation.std, 1)
    np.testing.assert_array_equal(seen, as_before, "not as if all had been normalised at once")


def test_a_channel_without_contrast_does_not_divide_by_zero():
    images = pixels(5, channels=3)
    images[:, 2] = 77
    views = views_of(images, STUDENT, SEEDS)
    [seen] = shown(views, 0, np.arange(5)[None].repeat(3, 0))
    assert torch.isfinite(seen).all()
    assert seen[:, 2::3].abs().max() < 1e-3


def test_test_images_are_scaled_like_training_images_and_never_drawn():
    views = views_of(IMAGES, replace(STUDENT, crop=5), SEEDS)
    tests = pixels(3, seed=4, side=8) // 3  # darker than the training images
    made = centred(views, tests)
    scaled = tests / 255
    for image, view in zip(scaled, made.numpy(), strict=True):
        for y in range(5):
            for x in range(5):
                expected = (image[0, y + 1, x + 1] - IMAGES.mean() / 255) / (IMAGES / 255).std()
                assert view[0, y, x] == pytest.approx(expected, rel=1e-5)
    for _ in range(3):
        assert torch.equal(centred(views, tests), made)
    alone = torch.cat([centred(views, tests[[row]]) for row in range(3)])
    assert torch.equal(alone, made), "what a test image looks like depends on no other"


@pytest.mark.parametrize(("crop", "start"), [(9, 1), (10, 1), (11, 2), (12, 2)])
def test_a_crop_beyond_the_image_shows_its_border(crop, start):
    views = views_of(IMAGES, replace(STUDENT, crop=crop, pad=2), SEEDS)
    made = centred(views, TESTS)
    assert made.shape == (4, 1, crop, crop)
    plain = centred(views_of(IMAGES, replace(STUDENT, crop=8), SEEDS), TESTS)
    assert torch.equal(made[:, :, start : start + 8, start : start + 8], plain)
    outside = made.clone()
    outside[:, :, start : start + 8, start : start + 8] = 0
    assert not outside.any()


def test_a_crop_beyond_the_padded_image_is_refused():
    with pytest.raises(NeuroLoopError, match=r"crop 11 is larger than the images \(8 pixels\)"):
        views_of(IMAGES, replace(STUDENT, crop=11), SEEDS)


def test_images_that_stay_with_the_host_are_seen_alike(monkeypatch):
    student = replace(STUDENT, pad=3)
    order = [[[3, 1, 0], [5, 4, 2]], [[0, 7, 9], [11, 1, 3]]]
    there = shown(views_of(IMAGES, student, SEEDS[:2]), 1, *order)
    away = views_of(IMAGES, student, SEEDS[:2])
    away.resident = False  # as on a GPU that has no room
    assert [images.shape for images, _ in away.batches(1, np.array(order))] == [(6, 1, 8, 8)] * 2
    assert all(map(torch.equal, shown(away, 1, *order), there))


@pytest.mark.parametrize("free", [2 * IMAGES.nbytes, 2 * IMAGES.nbytes - 1])
def test_images_lie_on_a_gpu_that_has_the_room(monkeypatch, free):
    monkeypatch.setattr(student_views, "data_fit", lambda size, device: 2 * size <= free)
    meta = type("Gpu", (), {"type": "cuda"})
    sent = []
    monkeypatch.setattr(torch.Tensor, "to", lambda self, device: (sent.append(self.shape), self)[1])
    views = Views(IMAGES, 8, 1, True, SEEDS, meta)
    assert views.resident == (free == 2 * IMAGES.nbytes)
    assert (IMAGES.shape in sent) == views.resident


# ------------------------------------------------------- what the teacher has no part in


TEACHERS = ("none", "brain", "random", "rowshuffled")


@pytest.fixture
def watched(monkeypatch):
    """Starts of training and batches of every training that the test does."""
    runs = []
    fit, begin, show = students.fit, Views.batches, Views.show

    def watching_fit(network, *args, **options):
        runs.append({"start": member_state(network, 0), "batches": [], "views": []})
        return fit(network, *args, **options)

    def watching_begin(self, epoch, order):
        runs[-1]["batches"] += [(epoch, rows.tolist()) for rows in order]
        return begin(self, epoch, order)

    def watching_show(self, *made_of):
        runs[-1]["views"].append(show(self, *made_of))
        return runs[-1]["views"][-1].clone()

    monkeypatch.setattr(students, "fit", watching_fit)
    monkeypatch.setattr(Views, "batches", watching_begin)
    monkeypatch.setattr(Views, "show", watching_show)
    return runs


def test_start_batches_and_views_are_the_same_for_every_teacher(watched):
    trained = [train(name) for name in TEACHERS]
    first = watched[0]
    assert len(watched) == len(TEACHERS)
    assert len(first["batches"]) == 2 * 3
    for run in watched[1:]:
        assert same(run["start"], first["start"])
        assert run["batches"] == first["batches"]
        assert all(map(torch.equal, run["views"], first["views"]))
    for one in trained[1:]:
        assert not same(one.weights, trained[0].weights), "but they learned something else"


def test_seeds_differ_in_start_batches_and_views(watched):
    train(seeds=SEEDS[:1])
    train(seeds=SEEDS[1:2])
    one, other = watched
    assert not torch.equal(one["start"]["conv1.weight"], other["start"]["conv1.weight"])
    assert one["batches"] != other["batches"]
    assert not torch.equal(one["views"][0], other["views"][0])


def test_a_teacher_without_weight_is_no_teacher():
    """Pairing, end to end: at alpha 1 only what must not depend on the teacher is left."""
    labels_only = replace(STUDENT, alpha=1.0, batched_networks=3)
    alone = train("none", labels_only, SEEDS)
    for name in ("brain", "random"):
        taught = train(name, labels_only, SEEDS)
        assert same(taught.weights, alone.weights)
        np.testing.assert_array_equal(taught.logits, alone.logits)


def test_each_image_of_a_batch_gets_its_own_row_of_its_seeds_teacher():
    views = views_of(IMAGES, STUDENT, SEEDS)
    indices = torch.tensor([[3, 1], [7, 0], [2, 2]])
    taught = teacher("rowshuffled")
    assert not (taught[0] == taught[1]).all()
    said = torch.zeros(2, 3, CLASSES)
    loss = Distillation(views, LABELS, taught, STUDENT.temperature, STUDENT.alpha)
    _, terms = loss.score(lambda _: said, *next(loss.batches(0, indices[None].numpy())))
    for member in range(3):
        rows = indices[member]
        soft = torch.from_numpy(taught[member][rows] / 4).log_softmax(dim=1)
        divergence = 16 * (soft.exp() * (soft + np.log(3))).sum(dim=1).mean()
        assert terms["divergence"][member].item() == pytest.approx(divergence.item(), rel=1e-5)
    said[0, 1, LABELS[7]] = 50.0  # right for the first image of the second member alone
    loss = Distillation(views, LABELS, None, STUDENT.temperature, STUDENT.alpha)
    _, terms = loss.score(lambda _: said, *next(loss.batches(0, indices[None].numpy())))
    np.testing.assert_allclose(terms["cross_entropy"] / np.log(3), [1, 0.5, 1], rtol=1e-5)


# ------------------------------------------------------------- invariant 2: test images


def test_nothing_is_learned_from_test_images():
    """Other test images, or fewer, or more, leave the same bytes."""
    usual = train("brain")
    for tests in (TESTS[:1], 255 - TESTS, pixels(9, seed=8)):
        assert same(train("brain", tests=tests).weights, usual.weights)
    fewer = train("brain", tests=TESTS[[2, 0]])
    np.testing.assert_allclose(fewer.logits, usual.logits[:, [2, 0]], rtol=1e-4, atol=1e-5)


def test_what_is_predicted_is_predicted_by_the_last_weights_on_centred_images():
    trained = train("brain")
    network = resnet(18, in_channels=1, classes=CLASSES, width=2, stem="small")
    network.load_state_dict(trained.weights)
    network.eval()
    with torch.inference_mode():
        taken = centred(views_of(IMAGES, STUDENT, SEEDS), TESTS)
        expected = network(taken)[:, 0].numpy()
    np.testing.assert_allclose(trained.logits[0], expected, rtol=1e-5, atol=1e-6)


# ------------------------------------------------------------------ batched networks and history


def test_seeds_trained_together_are_those_trained_alone():
    """To 1e-4 of the logits: a batched network sums in another order.

    With batches of five the last stage, one pixel wide, divides by variances near zero, so that
    rounding grows without bound; batches of twelve are tame.
    """
    student = replace(STUDENT, recipe=replace(STUDENT.recipe, batch_size=12, learning_rate=0.01))
    alone = train("rowshuffled", student, SEEDS)
    together = train("rowshuffled", replace(student, batched_networks=3), SEEDS)
    uneven = train("rowshuffled", replace(student, batched_networks=2), SEEDS)
    for trained in (together, uneven):
        np.testing.assert_allclose(trained.logits, alone.logits, rtol=1e-4, atol=1e-4)
        for name, values in alone.weights.items():
            torch.testing.assert_close(trained.weights[name], values, rtol=1e-4, atol=1e-4)
        assert trained.history[["member", "epoch"]].value_counts().eq(1).all()
        history = trained.history.sort_values(["member", "epoch"], ignore_index=True)
        np.testing.assert_allclose(history, alone.history, rtol=1e-4)
    assert alone.history["member"].tolist() == [0, 0, 1, 1, 2, 2]
    assert set(alone.history) >= {"epoch", "loss", "cross_entropy", "divergence"}
    assert alone.logits.shape == (3, 4, CLASSES)
    assert alone.logits.dtype == np.float32
    spread = np.abs(alone.logits[0] - alone.logits[1]).max()
    assert spread > 0.1, "seeds differ by more than the tolerance"


def test_the_same_call_gives_the_same_bytes():
    one, other = train("brain"), train("brain")
    assert same(one.weights, other.weights)
    assert one.logits.tobytes() == other.logits.tobytes()


# -------------------------------------------------------------------------------- weights


@pytest.fixture
def checkpoint_file(tmp_path):
    """A checkpoint with torchvision's names, for colour images of seven classes."""
    network = resnet(18, in_channels=3, classes=7, width=2, stem="small")
    initialise(network, [99])
    state = member_state(network, 0)
    save_file({name: values.contiguous() for name, values in state.items()}, tmp_path / "net.st")
    (tmp_path / "net.st").rename(tmp_path / "net.safetensors")
    return tmp_path / "net.safetensors", state


def test_students_start_from_a_checkpoint_with_heads_of_their_own(checkpoint_file):
    path, state = checkpoint_file
    network = build(replace(STUDENT, weights=path), 3, CLASSES, SEEDS)
    plain = build(STUDENT, 3, CLASSES, SEEDS)
    heads = []
    for member in range(3):
        started, scratch = member_state(network, member), member_state(plain, member)
        for name, values in started.items():
            if name.startswith("fc."):
                assert torch.equal(values, scratch[name])
            else:
                assert torch.equal(values, state[name])
        heads.append(started["fc.weight"])
    assert not torch.equal(heads[0], heads[1])


def test_a_network_of_another_depth_starts_from_scratch(checkpoint_file):
    """The CNN teacher takes the student's settings, but not its checkpoint."""
    path, _ = checkpoint_file
    started = build(replace(STUDENT, weights=path), 3, CLASSES, SEEDS[:1], depth=34)
    scratch = build(STUDENT, 3, CLASSES, SEEDS[:1], depth=34)
    assert len(started.layer3) == 6
    assert same(started.state_dict(), scratch.state_dict())


def test_a_checkpoint_of_another_network_is_refused(checkpoint_file, tmp_path):
    path, _ = checkpoint_file
    with pytest.raises(NeuroLoopError, match="do not fit the network"):
        build(replace(STUDENT, weights=path, width=3), 3, CLASSES, SEEDS)
    with pytest.raises(NeuroLoopError, match="put the file there or change the key"):
        build(replace(STUDENT, weights=tmp_path / "none.pth"), 3, CLASSES, SEEDS)


def test_a_start_is_derived_from_the_seed_alone():
    network = build(STUDENT, 1, CLASSES, SEEDS)
    for member, seed in enumerate(SEEDS):
        single = resnet(18, in_channels=1, classes=CLASSES, width=2, stem="small")
        initialise(single, [derive_seed(seed, "initialisation")])
        assert same(member_state(network, member), member_state(single, 0))


# ------------------------------------------------------------------------------- resuming


class Killed(Exception):
    """In the place of a signal."""


@pytest.mark.parametrize("batched_networks", [1, 2])
def test_a_killed_training_goes_on_to_the_same_bytes(batched_networks, tmp_path, monkeypatch):
    student = replace(
        STUDENT, batched_networks=batched_networks, recipe=replace(STUDENT.recipe, epochs=3)
    )
    seeds = SEEDS[:2]
    whole = train("brain", student, seeds)

    def checkpoint(name):
        return Checkpoint(tmp_path, f"key-{name}", interval=0)

    begin, begun = Views.batches, []

    def killing(self, epoch, order):
        if epoch == 2 and self.seeds[-1] == seeds[-1]:
            raise Killed
        return begin(self, epoch, order)

    def counting(self, epoch, order):
        begun.append((self.seeds[0], epoch))
        return begin(self, epoch, order)

    with monkeypatch.context() as patch:
        patch.setattr(Views, "batches", killing)
        with pytest.raises(Killed):
            train("brain", student, seeds, checkpoint=checkpoint)
    assert len(list(tmp_path.iterdir())) == 2 // batched_networks
    with monkeypatch.context() as patch:
        patch.setattr(Views, "batches", counting)
        resumed = train("brain", student, seeds, checkpoint=checkpoint)
    assert begun == [(seeds[-1] if batched_networks == 1 else seeds[0], 2)], "only what was lost"
    assert same(resumed.weights, whole.weights)
    assert resumed.logits.tobytes() == whole.logits.tobytes()
    assert resumed.history.equals(whole.history)
