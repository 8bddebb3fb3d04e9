"""Training on stored features: what is seen and how often, what is learned, what is never read."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neuroloop.cxr import transfer
from neuroloop.cxr.classifier import Classifier
from neuroloop.cxr.features import Features, view_names
from neuroloop.cxr.simulate import simulate_radiographs
from neuroloop.cxr.simulated_settings import RadiographSettings
from neuroloop.cxr.transfer import Fold, epoch_pairs, predict_radiographs, train_fold
from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.networks.transfer_network import transfer_network
from neuroloop.training.checkpoints import Checkpoint
from tests.project import preset

SEED = 7
BLOCK = preset("config")["classifiers"]["fine"] | {
    "backbone": "resnet18",
    "weights": None,
    "train_from": "head",
    "width": 4,
    "stem": "small",
    "dropout": 0,
    "epochs": 3,
    "batch_size": 6,
    "learning_rate": 0.02,
    "schedule": "constant",
}


def classifier(**options):
    return Classifier.from_block(BLOCK | options, None)


def noise(n=30, classes=3, seed=0):
    """Pooled features (radiographs, 5 views, 32) of a radiograph's class in part, and labels."""
    generator = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    stored = (
        generator.standard_normal((n, 5, 32))
        + generator.standard_normal((classes, 32))[labels, None]
    )
    return Features(stored.astype(np.float32), view_names(2)), labels


def pairs(rows, views=(0,)):
    """Every radiograph in each of these views."""
    return pd.DataFrame([(row, view) for row in rows for view in views], columns=["row", "view"])


FOLD = Fold(pairs(range(18), (0, 1)), np.arange(18, 24), np.arange(24, 30))


def train(features, labels, fold=FOLD, checkpoint=None, seed=SEED, **options):
    chosen = classifier(**options)
    network = chosen.network(labels.max() + 1, seed, 0)
    history = train_fold(network, features, labels, fold, chosen, seed, checkpoint)
    return network, history


def state(network):
    return {name: values.clone() for name, values in network.state_dict().items()}


def assert_same(one, other):
    assert list(one) == list(other)
    for name in one:
        torch.testing.assert_close(one[name], other[name], rtol=0, atol=0)


@pytest.mark.parametrize(("n_pairs", "n_radiographs"), [(7, 3), (5, 5), (4, 9), (12, 6)])
def test_epochs_go_through_permutations_of_all_pairs(n_pairs, n_radiographs):
    seen = np.concatenate([epoch_pairs(n_pairs, n_radiographs, SEED, epoch) for epoch in range(11)])
    orders = [
        numpy_generator(SEED, "pairs", number).permutation(n_pairs)
        for number in range(11 * n_radiographs // n_pairs + 1)
    ]
    np.testing.assert_array_equal(seen, np.concatenate(orders)[: 11 * n_radiographs])
    for epoch in range(11):
        counts = Counter(seen[: (epoch + 1) * n_radiographs].tolist())
        often = [counts[pair] for pair in range(n_pairs)]
        assert max(often) - min(often) <= 1


def test_an_epoch_depends_on_no_other_and_on_the_seed():
    ahead = epoch_pairs(10, 4, SEED, 8)
    for epoch in range(8):
        epoch_pairs(10, 4, SEED, epoch)
    np.testing.assert_array_equal(epoch_pairs(10, 4, SEED, 8), ahead)
    assert len({tuple(epoch_pairs(10, 4, seed, 8)) for seed in range(20)}) > 10


@pytest.fixture
def read(monkeypatch):
    """Pairs of radiograph and view in the order in which training and validation read them."""
    seen = []
    inputs = transfer._inputs

    def spy(features, rows, views):
        seen.append((np.asarray(rows), np.broadcast_to(views, np.shape(rows))))
        return inputs(features, rows, views)

    monkeypatch.setattr(transfer, "_inputs", spy)
    return seen


def test_an_epoch_has_as_many_batches_as_there_are_radiographs_whatever_the_case(read):
    """18 radiographs in 3 batches of 6; of 36 pairs, two epochs see each once."""
    features, labels = noise()
    train(features, labels, epochs=2)
    learned = [part for part in read if set(part[0].tolist()) <= set(range(18))]
    assert [len(rows) for rows, _ in learned] == [6] * 6
    counts = Counter(
        (int(row), int(view)) for part in learned for row, view in zip(*part, strict=True)
    )
    assert counts == Counter(map(tuple, FOLD.learn.to_numpy().tolist()))
    watched = [part for part in read if set(part[0].tolist()) & set(range(18, 24))]
    assert len(watched) == 2
    for rows, views in watched:
        assert rows.tolist() == list(range(18, 24))
        assert not views.any()  # the radiographs themselves


@pytest.mark.parametrize("C", [None, 0.1])
def test_test_radiographs_are_never_read_while_training(C, read):
    """NaN in their place, and labels that are none, change no byte of what is learned."""
    features, labels = noise()
    stored, named = features.stored.copy(), labels.copy()
    stored[FOLD.test], named[FOLD.test] = np.nan, -100
    epochs = 0 if C else 3
    clean, history = train(features, labels, C=C, epochs=epochs)
    chosen = classifier(C=C, epochs=epochs)
    network = chosen.network(3, SEED, 0)
    poisoned = train_fold(network, Features(stored, features.views), named, FOLD, chosen, SEED)
    pd.testing.assert_frame_equal(poisoned, history)
    assert_same(state(network), state(clean))
    assert all(torch.isfinite(values).all() for values in network.parameters())
    assert not {int(row) for rows, _ in read for row in rows} & set(FOLD.test.tolist())


def test_validation_radiographs_only_choose_the_epoch():
    features, labels = noise()
    changed = features.stored.copy()
    changed[FOLD.validation] += 3
    one, before = train(features, labels, epochs=1)
    two, after = train(Features(changed, features.views), labels, epochs=1)
    assert_same(state(one), state(two))
    assert before["loss"].equals(after["loss"])
    assert before["validation"][0] != after["validation"][0]


def radiograph_features(cut):
    """Features of 12 simulated radiographs at a cut of the network that is trained on them."""
    drawn = simulate_radiographs(1, RadiographSettings(size=32, radiographs_per_class=4))
    images = torch.from_numpy(drawn.images)[:, None]
    network = classifier(train_from=cut).network(3, SEED, 0).eval()
    with torch.inference_mode():
        stored = network.front(images)[:, None].numpy()
    labels = np.unique(drawn.labels, return_inverse=True)[1]
    return Features(stored, ["whole"]), labels, images


@pytest.mark.parametrize(
    ("cut", "trained"),
    [("head", {"head"}), ("layer4", {"head", "backbone.layer4"}), ("stem", {"head", "backbone"})],
)
def test_what_is_below_the_cut_stays(cut, trained):
    features, labels, images = radiograph_features(cut)
    rows = np.arange(12)
    fold = Fold(pairs(rows), rows, rows[:0])
    before = state(classifier(train_from=cut).network(3, SEED, 0))
    network, _ = train(features, labels, fold, train_from=cut, epochs=2)
    changed = {name for name, values in before.items() if (state(network)[name] != values).any()}
    assert changed
    assert all(name.startswith(tuple(trained)) for name in changed)
    weights = {name for name in before if name.endswith(("weight", "running_mean"))}
    assert {name for name in weights if name.startswith(tuple(trained))} <= changed
    with (
        torch.inference_mode()
    ):  # what was learned on features holds for the radiographs themselves
        named = network(images)[:, 0].numpy()
    np.testing.assert_allclose(
        predict_radiographs(network, features, rows, [0]), named, rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(
    ("balanced", "expected"),
    [(True, (np.log(4) + np.log(4 / 3)) / 2), (False, (3 * np.log(4) + np.log(4 / 3)) / 4)],
)
def test_loss_by_hand(balanced, expected):
    """Logits 0 and ln 3 of every radiograph, 6 images of the first class and 2 of the second."""
    features, _ = noise(12, 2)
    labels = np.array([0] * 6 + [1] * 2 + [0, 0, 0, 1])
    fold = Fold(pairs(range(8)), np.arange(8, 12), np.arange(0))
    chosen = classifier(class_weights=balanced, learning_rate=0.0, batch_size=8, epochs=1, l2=0.0)
    network = chosen.network(2, SEED, 0)
    network.head.load_state_dict(
        {"fc.weight": torch.zeros(2, 32), "fc.bias": torch.tensor([0, np.log(3)])}
    )
    history = train_fold(network, features, labels, fold, chosen, SEED)
    assert history["loss"][0] == pytest.approx(expected, rel=1e-6)
    # Of validation radiographs each class weighs the same in any case.
    assert history["validation"][0] == pytest.approx((np.log(4) + np.log(4 / 3)) / 2, rel=1e-6)


def test_class_weights_count_pairs_not_radiographs():
    """A case that balances by copies needs no weights, and gets none."""
    features, _ = noise(12, 2)
    labels = np.array([0] * 6 + [1] * 2 + [0, 0, 0, 1])
    learn = pd.concat([pairs(range(6)), *[pairs([6, 7])] * 3], ignore_index=True)
    fold = Fold(learn, np.arange(8, 12), np.arange(0))
    with_weights, first = train(features, labels, fold, class_weights=True)
    without, second = train(features, labels, fold, class_weights=False)
    pd.testing.assert_frame_equal(first, second)
    assert_same(state(with_weights), state(without))
    unbalanced = fold._replace(learn=pairs(range(8)))
    _, first = train(features, labels, unbalanced, class_weights=True)
    _, second = train(features, labels, unbalanced, class_weights=False)
    assert (first["loss"] != second["loss"]).all()


def test_the_penalty_is_part_of_the_loss():
    features, labels = noise()
    options = {"epochs": 1, "batch_size": 18, "learning_rate": 0.0}
    network, plain = train(features, labels, **options, l2=0.0)
    _, penalised = train(features, labels, **options, l2=0.5)
    square = network.head.get_parameter("fc.weight").square().sum().item()
    assert penalised["loss"][0] - plain["loss"][0] == pytest.approx(0.5 * square, rel=1e-5)
    assert penalised["validation"][0] == plain["validation"][0]


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_logistic_head_is_that_of_scikit_learn(classes, balanced):
    features, labels = noise(40, classes)
    labels = np.where(np.arange(40) % 5 == 0, 0, labels)  # not balanced
    fold = Fold(pairs(range(28), (0, 2)), np.arange(28, 34), np.arange(34, 40))
    network, history = train(features, labels, fold, C=0.05, class_weights=balanced, epochs=0)
    model = make_pipeline(
        StandardScaler(),
        LogisticRegression(C=0.05, max_iter=2000, class_weight="balanced" if balanced else None),
    )
    rows, views = fold.learn["row"].to_numpy(), fold.learn["view"].to_numpy()
    model.fit(features.stored[rows, views], labels[rows])
    logits = predict_radiographs(network, features, fold.test, [0])
    found = torch.from_numpy(logits).double().softmax(dim=1).numpy()
    expected = model.predict_proba(features.stored[fold.test, 0])
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)
    assert history["epoch"].tolist() == [1]
    nats = -np.log(model.predict_proba(features.stored[fold.validation, 0]))
    truth = labels[fold.validation]
    of_class = [nats[truth == of, of].mean() for of in np.unique(truth)]
    assert history["validation"][0] == pytest.approx(np.mean(of_class), rel=1e-3)
    assert not network.training


def test_a_logistic_regression_under_more_layers_is_one_line():
    features, labels = noise()
    with pytest.raises(NeuroLoopError, match=r"set hidden_units: \[\], or C: null"):
        train(features, labels, C=1.0, hidden_units=[4])


def test_a_deeper_cut_starts_from_the_same_logistic_regression():
    """What is trained later is frozen until the head is there: scikit-learn's on pooled maps."""
    options = {"C": 0.05, "epochs": 0}
    deep, labels, images = radiograph_features("layer3")
    shallow, *_ = radiograph_features("head")
    fold = Fold(pairs(range(9)), np.arange(9, 12), np.arange(0))
    network, _ = train(deep, labels, fold, train_from="layer3", **options)
    other, _ = train(shallow, labels, fold, **options)
    scaler = StandardScaler().fit(shallow.stored[:9, 0].astype(float))
    model = LogisticRegression(C=0.05, class_weight="balanced", max_iter=2000)
    model.fit(scaler.transform(shallow.stored[:9, 0].astype(float)), labels[:9])
    expected = model.decision_function(scaler.transform(shallow.stored[:, 0].astype(float)))
    for one in (network, other):
        with torch.inference_mode():
            found = one(images)[:, 0].numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-2, atol=1e-4)


def test_training_goes_on_from_the_logistic_regression():
    """At a learning rate of 0 an epoch changes nothing, and its loss is that of the start."""
    features, labels = noise()
    options = {"C": 0.05, "class_weights": False, "batch_size": 36, "l2": 0.0}
    start, before = train(features, labels, epochs=0, **options)
    same, history = train(features, labels, epochs=1, learning_rate=0.0, **options)
    assert_same(state(same), state(start))
    assert history["validation"][0] == before["validation"][0]
    moved, history = train(features, labels, epochs=2, learning_rate=0.01, **options)
    assert (state(moved)["head.fc.weight"] != state(start)["head.fc.weight"]).all()
    assert history["epoch"].tolist() == [1, 2]


@pytest.mark.parametrize("share", [0.0, 0.25, 0.75])
def test_weights_kept_are_between_the_start_and_the_end(share):
    """share start + (1 - share) end, of every parameter; a start that is random or fitted."""
    features, labels, _ = radiograph_features("layer4")
    fold = Fold(pairs(range(12)), np.arange(0), np.arange(0))
    for C in (None, 0.05):
        options = {"train_from": "layer4", "C": C, "learning_rate": 0.01}
        start, _ = train(features, labels, fold, **options | {"epochs": 0})
        end, _ = train(features, labels, fold, **options)
        kept, _ = train(features, labels, fold, **options, initial_weights_share=share)
        ends = dict(end.named_parameters())
        for (name, values), first in zip(kept.named_parameters(), start.parameters(), strict=True):
            expected = share * first + (1 - share) * ends[name]
            torch.testing.assert_close(values, expected, rtol=1e-5, atol=1e-6)
        for name, values in kept.named_buffers():
            assert torch.equal(values, end.get_buffer(name))


def test_without_validation_radiographs_all_epochs_are_trained_and_the_last_is_kept():
    features, _ = noise()
    labels = np.random.default_rng(5).permutation(30) % 3
    fold = FOLD._replace(validation=np.arange(0))
    options = {"epochs": 12, "learning_rate": 0.05, "reduce_after": 2, "stop_after": 3}
    watched, stopped = train(features, labels, **options)
    network, history = train(features, labels, fold, **options)
    assert len(stopped) < len(history) == 12
    assert history["validation"].isna().all()
    assert (history["learning_rate"] == 0.05).all()
    assert history["loss"][: len(stopped)].tolist()[:3] == stopped["loss"].tolist()[:3]
    assert history["loss"].iloc[-1] < stopped["loss"].iloc[-1]
    assert (state(network)["head.fc.weight"] != state(watched)["head.fc.weight"]).any()


def test_the_best_epoch_is_kept_and_training_ends_in_time():
    """Labels that tell nothing: the longer it learns, the worse it names other radiographs."""
    features, _ = noise()
    labels = np.random.default_rng(5).permutation(30) % 3
    options = {"epochs": 12, "learning_rate": 0.05, "reduce_after": 2, "stop_after": 3}
    network, history = train(features, labels, **options)
    best = int(history["validation"].to_numpy().argmin())
    assert len(history) == best + 1 + 3 < 12
    assert history["validation"].iloc[-1] > history["validation"][best]
    kept = transfer._loss(network, features, labels, FOLD.validation)
    assert kept == history["validation"][best]
    rates = history["learning_rate"].to_numpy()
    assert rates[: best + 3] == pytest.approx(0.05)
    assert rates[best + 3] == pytest.approx(0.05 * 0.3)
    assert not network.training


class Killed(Exception):
    pass


@pytest.mark.parametrize("stopped", [1, 2])
def test_resumed_training_ends_in_the_same_bytes(tmp_path, monkeypatch, stopped):
    """Of a head with dropout and batch normalisation, over a block of the backbone."""
    features, labels, _ = radiograph_features("layer4")
    fold = Fold(pairs(range(8)), np.arange(8, 12), np.arange(0))
    options = {
        "train_from": "layer4",
        "hidden_units": [6],
        "dropout": 0.5,
        "batch_size": 4,
        "stop_after": 9,
    }
    options |= {"initial_weights_share": 0.5}
    expected, history = train(features, labels, fold, **options)
    begin = transfer.seed_dropout

    def killing(network, seed, epoch):
        if epoch == stopped:
            raise Killed
        begin(network, seed, epoch)

    kept = Checkpoint(tmp_path, "key-0", interval=0)
    monkeypatch.setattr(transfer, "seed_dropout", killing)
    with pytest.raises(Killed):
        train(features, labels, fold, kept, **options)
    assert kept.path.is_file()
    monkeypatch.setattr(transfer, "seed_dropout", begin)
    network, again = train(features, labels, fold, kept, **options)
    pd.testing.assert_frame_equal(again, history)
    assert_same(state(network), state(expected))


def test_same_seed_same_bytes():
    features, labels = noise()
    first, again, other = (
        state(train(features, labels, seed=seed, hidden_units=[4], dropout=0.5)[0])
        for seed in (SEED, SEED, 8)
    )
    assert_same(first, again)
    assert (first["head.fc.weight"] != other["head.fc.weight"]).any()


def test_predictions_are_means_of_the_logits_of_views():
    features, labels = noise(150)
    network, _ = train(features, labels, Fold(pairs(range(9)), np.arange(9, 12), np.arange(0)))
    rows = np.random.default_rng(0).permutation(150)  # more than one batch
    with torch.inference_mode():
        each = network.back(torch.from_numpy(features.stored[rows].reshape(750, 32)))
    each = each.numpy().reshape(150, 5, 3)
    for views in ([0], [0, 2], [4, 1, 3]):
        found = predict_radiographs(network, features, rows, views)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, each[:, views].mean(axis=1), rtol=1e-4, atol=1e-5)
    assert predict_radiographs(network, features, rows[:0], [0]).shape == (0, 3)


@pytest.mark.parametrize("training", [True, False])
def test_predicting_leaves_the_network_as_it_was(training):
    features, _ = noise()
    network = transfer_network(backbone="resnet18", classes=3, width=4, units=[4], dropout=0.5)
    network.train(training)
    before = state(network)
    one, two = (predict_radiographs(network, features, np.arange(9), [0]) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert network.training == training
    assert_same(before, state(network))
    with pytest.raises(IndexError):
        predict_radiographs(network, features, np.array([30]), [0])
    assert network.training == training
