"""Teachers of students, one file each, by the name that a config lists under ``teachers``.

A teacher says what it ``NEEDS`` (``"brain"``: a decoder's logits, ``"cnn"``: those of a network
that learned from the same images, or None), whether it ``MISLEADS`` on purpose, and how figures
show it: its ``LEGEND``, ``COLOUR`` and ``MARKER``. It has one function ::

    teach(labels, n_classes, temperature, generator, logits) -> logits

    labels       (images,)          true class of each image
    n_classes    int
    temperature  float              of the loss
    generator    numpy Generator    of its own: every seed of a student has another
    logits       (images, classes) of what it needs, or None
    -> (images, classes), finite; None teaches by the labels alone
"""
