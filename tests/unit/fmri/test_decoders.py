"""Linear decoders against scikit-learn's own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import PredefinedSplit, cross_val_predict
from sklearn.svm import SVC

from neuroloop import registry
from neuroloop.errors import NeuroLoopError
from neuroloop.fmri import linear
from neuroloop.fmri.nested import inner_folds
from neuroloop.fmri.scores import with_missing
from neuroloop.statistics import folds

#: Decoders that are fitted split by split.
LINEAR = registry.having("decoder", "decode")


def decode(name: str, *rows: Any, **settings: Any) -> np.ndarray:
    """Scores of a decoder, with defaults where no settings are given."""
    entry, _, params = linear.linear_decoder(name, settings)
    scores: np.ndarray = entry.decode(*rows, **params)
    return scores


def brain(
    seed: int, n: int = 120, v: int = 30, k: int = 5, signal: float = 0.5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Prepared voxels, classes and runs (6, of n / 6 rows)."""
    generator = np.random.default_rng(seed)
    y = generator.permutation(np.arange(n) % k)
    x = generator.standard_normal((n, v)) + signal * generator.standard_normal((k, v))[y]
    return ((x - x.mean(0)) / x.std(0)).astype(np.float32), y, np.repeat([*"123456"], n // 6)


@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize("k", [2, 5])
def test_every_decoder_scores_every_class(name: str, k: int) -> None:
    x, y, runs = brain(0, k=k)
    scores = decode(name, x[:100], y[:100], runs[:100], x[100:], k)
    assert scores.shape == (20, k)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    assert (scores.argmax(axis=1) == y[100:]).mean() > 1.5 / k


@pytest.mark.parametrize("k", [2, 5, 12])
def test_svm_names_what_scikit_learn_predicts(k: int) -> None:
    x, y, runs = brain(1, n=240, k=k, signal=0.1)
    scores = decode("svm", x[:180], y[:180], runs[:180], x[180:], k, C=0.1)
    model = SVC(kernel="linear", C=0.1, break_ties=k > 2).fit(np.float64(x[:180]), y[:180])
    np.testing.assert_array_equal(scores.argmax(axis=1), model.predict(x[180:]))


def test_svm_breaks_ties_of_votes_only() -> None:
    x, y, runs = brain(1, n=240, k=5, signal=0.1)
    scores = decode("svm", x[:180], y[:180], runs[:180], x[180:], 5, C=0.1)
    votes = np.sort(np.round(scores), axis=1)
    clear = votes[:, -1] > votes[:, -2]
    assert 0.5 < clear.mean() < 1
    model = SVC(kernel="linear", C=0.1).fit(np.float64(x[:180]), y[:180])
    np.testing.assert_array_equal(scores.argmax(axis=1)[clear], model.predict(x[180:])[clear])


@pytest.mark.parametrize("k", [2, 5])
def test_logistic_scores_are_logits(k: int) -> None:
    x, y, runs = brain(2, k=k)
    scores = decode("logistic", x[:90], y[:90], runs[:90], x[90:], k, C=0.1)
    model = LogisticRegression(C=0.1, max_iter=1000, class_weight="balanced", tol=1e-9)
    model.fit(np.float64(x[:90]), y[:90])
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(p, model.predict_proba(np.float64(x[90:])), atol=1e-5)


@pytest.mark.parametrize("v", [30, 200])
def test_ridge_equals_scikit_learn(v: int) -> None:
    x, y, runs = brain(3, v=v)
    train, rows = np.argsort(y, kind="stable").reshape(5, -1)[:, :15].ravel(), slice(90, None)
    scores = decode("ridge", x[train], y[train], runs[train], x[rows], 5, alphas=[20.0])
    model = RidgeClassifier(alpha=20.0).fit(np.float64(x[train]), y[train])
    # Where classes are equal all that is missing is the intercept of zero activity, 2 / 5 - 1.
    centre = model.decision_function(np.float64(x[train])).mean(axis=0)
    np.testing.assert_allclose(centre, 2 / 5 - 1)
    expected = model.decision_function(np.float64(x[rows])) - centre
    np.testing.assert_allclose(scores, expected, atol=1e-9)


@pytest.mark.parametrize("v", [30, 200])
def test_ridge_balances_unequal_classes(v: int) -> None:
    x, y, runs = brain(3, v=v)
    x, y, runs, unseen = x[:90], y[:90], runs[:90], x[90:]
    kept = (y != 0) | (np.arange(90) % 3 == 0)
    x, y, runs = x[kept], y[kept], runs[kept]
    n, count = len(y), np.bincount(y)
    targets = (np.eye(5)[y] - count / n) * 2 * np.sqrt(n / (5 * count))
    model = Ridge(alpha=20.0).fit(np.float64(x), targets)
    scores = decode("ridge", x, y, runs, unseen, 5, alphas=[20.0])
    np.testing.assert_allclose(scores, model.predict(np.float64(unseen)), atol=1e-9)


def test_ridge_chooses_one_alpha_by_groups() -> None:
    x, y, runs = brain(4, v=60, signal=0.2)
    alphas = [1.0, 10.0, 100.0, 1000.0, 10000.0]
    x, y, runs, unseen = x[:100], y[:100], runs[:100], x[100:]
    folds_of_rows = inner_folds(runs, y, 3)
    targets = 2 * np.eye(5)[y] - 1

    def error(alpha: float) -> float:
        cv = PredefinedSplit(folds_of_rows)
        return ((cross_val_predict(Ridge(alpha), x, targets, cv=cv) - targets) ** 2).mean()

    # Folds of 2, 2 and 1 runs: equal rows a run, so the mean over folds is near that over rows.
    errors = [error(alpha) for alpha in alphas]
    best = alphas[int(np.argmin(errors))]
    assert best not in (alphas[0], alphas[-1])
    chosen = decode("ridge", x, y, runs, unseen, 5, alphas=alphas, alpha_folds=3)
    fixed = decode("ridge", x, y, runs, unseen, 5, alphas=[best])
    np.testing.assert_allclose(chosen, fixed, atol=1e-8)


@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize("missing", [0, 2, 4])
def test_an_untrained_class_scores_lowest(name: str, missing: int) -> None:
    x, y, runs = brain(5)
    known = y != missing
    scores = decode(name, x[known], y[known], runs[known], x, 5)
    others = np.delete(scores, missing, axis=1)
    assert np.isfinite(scores).all()
    assert (scores[:, missing] <= others.min(axis=1) - 1).all()


def test_low_scores_by_hand() -> None:
    given = np.array([[1.0, 4.0], [0.5, 0.25]])
    full = with_missing(given, np.array([0, 2]), 3)
    assert full.tolist() == [[1.0, -2.0, 4.0], [0.5, -0.75, 0.25]]


@pytest.mark.parametrize("name", LINEAR)
def test_the_order_of_training_rows_does_not_matter(name: str) -> None:
    x, y, runs = brain(6)
    order = np.random.default_rng(0).permutation(100)
    one = decode(name, x[:100], y[:100], runs[:100], x[100:], 5)
    two = decode(name, x[order], y[order], runs[order], x[100:], 5)
    # libsvm stops within its tolerance of the optimum, L-BFGS within its own.
    np.testing.assert_array_equal(one.argmax(axis=1), two.argmax(axis=1))


NEAREST_MEAN = """
import numpy as np
from neuroloop.config.settings import setting
from neuroloop.fmri.linear_settings import LinearSettings

KIND, ORDER, LEGEND = "decoder", 9, "The nearest mean"

class Settings(LinearSettings):
    power: int = setting("Of distances.", 1, ge=1)

def decode(x_train, y_train, groups_train, x_test, n_classes, *, power):
    means = np.stack([x_train[y_train == c].mean(axis=0) for c in range(n_classes)])
    return -(np.abs(x_test[:, None] - means) ** power).sum(axis=2).astype(np.float64)
"""


def test_another_decoder_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_PLUGINS", {})
    (tmp_path / "nearest_mean.py").write_text(NEAREST_MEAN)
    assert registry.add_plugin(tmp_path / "nearest_mean.py") == ("decoder", "nearest_mean")
    assert registry.having("decoder", "decode")[-1] == "nearest_mean"
    x, y, runs = brain(7)
    splits = folds.splits(folds.group_folds(runs, 6))
    scores = linear.fit_linear("nearest_mean", x, y, runs, splits, 5, 20, power=2)
    hits = [(s.argmax(axis=1) == y[t.test]).mean() for s, t in zip(scores, splits, strict=True)]
    assert np.mean(hits) > 0.5


def test_an_unknown_decoder_is_named() -> None:
    with pytest.raises(NeuroLoopError, match="'lasso': there are logistic, resnet1d18, ridge, svm"):
        registry.entry("decoder", "lasso")


def test_fit_linear_ignores_labels_of_test_rows() -> None:
    x, y, runs = brain(8)
    splits = folds.splits(folds.group_folds(runs, 3))
    once = linear.fit_linear("ridge", x, y, runs, splits[:1], 5, 10)
    other = y.copy()
    other[splits[0].test] = 0
    again = linear.fit_linear("ridge", x, other, runs, splits[:1], 5, 10)
    np.testing.assert_array_equal(once[0], again[0])


def test_settings_of_a_decoder_are_checked() -> None:
    x, y, runs = brain(8)
    splits = folds.splits(folds.group_folds(runs, 3))
    with pytest.raises(
        NeuroLoopError, match=r"'ridge', alpha: there is no such .*: there are scal"
    ):
        linear.fit_linear("ridge", x, y, runs, splits, 5, alpha=3)
    with pytest.raises(NeuroLoopError, match=r"'svm', C: input should be greater than 0 \(given:"):
        linear.fit_linear("svm", x, y, runs, splits, 5, C=0)
    with pytest.raises(NeuroLoopError, match="'resnet1d18' is not linear: take one of ridge"):
        linear.fit_linear("resnet1d18", x, y, runs, splits, 5)


def test_all_voxels_are_taken_where_no_number_is_said() -> None:
    x, y, runs = brain(8)
    splits = folds.splits(folds.group_folds(runs, 3))
    every, said = (linear.fit_linear("ridge", x, y, runs, splits, 5, n) for n in (None, 30))
    np.testing.assert_array_equal(every, said)
