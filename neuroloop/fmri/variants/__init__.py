"""Variants of decoding, one file each, named as in the key ``variant`` of a decoder's block.

A variant changes the voxels that a decoder is given, and nothing else: samples, labels, folds,
decoder and everything after it are those of the decoder without it. It states a ``LEGEND``, and
whether it ``COMPARES`` the regions of a subject, which are then read too, or is for decoders that
are ``LINEAR`` alone, because it trains them often. It has two functions ::

    choose(problem, how) -> facts            what is to be done, as numbers and words by name, which
                                             stand in samples.json; nothing of a fold's test rows
                                             may change what is done in it
    vary(problem, facts) -> [problem, ...]   does it: one problem, or one for each fold, if folds
                                             are given voxels of their own

where ``problem`` is a `decoding.Problem` and ``how`` a `variant.Asked`. ``facts`` that hold
``selected`` say how many voxels are selected inside each training fold in place of the number that
the config asks for. What is drawn by chance follows from the ``seed`` among the facts, so that
`vary` does the same again when the decoding is assessed.
"""
