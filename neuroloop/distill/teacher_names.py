"""Names of the teachers, apart from their code, so that rules read them without its imports."""

#: Teachers that are made of a decoder's soft labels.
BRAIN_TEACHERS = ("brain", "rowshuffled", "withinclass", "classmean", "smooth")

#: Teachers that need no brain.
REFERENCE_TEACHERS = ("none", "random", "cnn")
