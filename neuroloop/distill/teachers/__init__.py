"""Teachers of students, one file each, named as in the config key ``teachers``.

A teacher states what it ``NEEDS`` (``"brain"``: a decoder's logits, ``"cnn"``: those of a network
trained on the same images, or None), whether it ``MISLEADS`` on purpose, and how figures show it:
its ``LEGEND``, ``COLOUR`` and ``MARKER``, and, if it likes, a ``TITLE`` of two or three plain
words that figures and pages show in place of its name. It has one function ::

    teach(labels, n_classes, temperature, generator, logits) -> logits

    labels       (images,)          true class of each image
    n_classes    int
    temperature  float              of the loss
    generator    numpy Generator    of its own: every seed of a student has another
    logits       (images, classes) of what it needs, or None
    -> (images, classes), finite; None to train on the labels only
"""
