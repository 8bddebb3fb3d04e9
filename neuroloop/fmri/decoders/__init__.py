"""Decoders, one file each, by the name that a config's ``method`` gives.

A linear decoder is fitted split by split, on a CPU, and again for every permutation of its null. It
has one function ::

    decode(x_train, y_train, groups_train, x_test, n_classes, *, its settings) -> scores

    x_train        (n, voxels)  prepared by `voxels.prepare`
    y_train        (n,)         class indices, at least two classes
    groups_train   (n,)         what choices made inside the training set must not part: the run of
                                each row, or its block or image (see `nested.inner_groups`)
    x_test         (m, voxels)
    n_classes      int          classes of the data set, of which y_train may lack some
    scores         (m, n_classes) float64, finite, higher is likelier

and its ``Settings`` build on `linear_settings.LinearSettings`. It may have ``permuted_predictions``
as well, which names the classes for many permutations faster than one fit after the other
(`linear.predictions` says with which arguments).

A network learns all splits side by side, on a GPU if there is one; it is not trained again for its
null, which permutes the held-out labels. It has one function ::

    fit_splits(x, y, splits, n_classes, n_voxels, *, seed, device, checkpoint, its settings)
        -> list of scores, one (test rows, n_classes) a split

with ``checkpoint`` a function from a name to where a training state is kept, or None. If it states
``KEEPS_NETWORK = True`` it takes ``keep`` as well, and hands the first split's network to it (see
`kept_network.KeptNetwork`): then it can be looked into as any other.

A class that the training rows lack cannot be named: `scores.with_missing` gives it a low score
(infinity would not survive calibration).
"""
