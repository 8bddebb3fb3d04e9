"""Decoders, one file each, named as in the config key ``method``.

A linear decoder is fitted split by split on a CPU, and again for every permutation of its null. It
has one function ::

    decode(x_train, y_train, groups_train, x_test, n_classes, *, its settings) -> scores

    x_train        (n, voxels)  prepared by `voxels.prepare`
    y_train        (n,)         class indices, at least two classes
    groups_train   (n,)         what inner folds of the training set must not split: the run of each
                                row, or its block or image (see `nested.inner_groups`)
    x_test         (m, voxels)
    n_classes      int          classes of the data set, some of which y_train may lack
    scores         (m, n_classes) float64, finite, higher is likelier

and its ``Settings`` build on `linear_settings.LinearSettings`. It may also have
``permuted_predictions``, which predicts the classes for many permutations faster than one fit after
another (for its arguments see `linear.predictions`).

A network is trained on all splits at once, on a GPU if there is one; it is not retrained for its
null, which permutes the held-out labels (see `permutation.label_null`). It has one function ::

    fit_splits(x, y, splits, n_classes, n_voxels, *, seed, device, checkpoint, its settings)
        -> list of scores, one (test rows, n_classes) per split

where ``checkpoint`` is a function from a name to where a training state is kept, or None. If it
states ``KEEPS_NETWORK = True``, it also takes ``keep`` and passes the first split's network to it
(see `kept_network.KeptNetwork`), so that this network can be explained like any other.

A class missing from the training rows cannot be predicted: `scores.with_missing` gives it a low
score (infinity would not survive calibration).
"""
