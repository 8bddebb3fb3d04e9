"""What a student is in plain words: by whom it was taught."""

from pathlib import Path

#: What is said of teachers beside brains; of others, their name.
TEACHERS = {
    "none": "labels alone",
    "random": "random soft labels",
    "cnn": "a CNN's soft labels",
}
#: Teachers that are made of a brain's soft labels.
CONTROLS = {
    "smooth": "labels smoothed as {} are",
    "classmean": "class means of {}",
    "withinclass": "{}, dealt anew within classes",
    "rowshuffled": "{}, shuffled over images",
}


def student_title(path: Path) -> str:
    """What the network of a model.json is.

    Parameters
    ----------
    path : Path
        ``results/distill/{dataset}/{subject}/{roi}/{decoder}/{teacher}/{student}/model.json``, or
        with ``reference/{teacher}`` or ``cnn`` in place of the teacher's folders. One of another
        place, as an audit's, is called by its folders.
    """
    dataset, *of, student = path.parts[2:-1]
    if path.parts[:2] != ("results", "distill") or len(of) not in (1, 2, 4):
        return "Student " + "-".join(path.parts[2:-1])
    if of == ["cnn"]:
        return f"CNN teacher of {dataset} ({student})"
    if of[:1] == ["reference"]:
        taught = TEACHERS.get(of[1], of[1])
    else:
        subject, roi, decoder, teacher = of
        brain = f"{subject}'s {roi}"
        said = CONTROLS.get(teacher, "{}" if teacher == "brain" else f"{teacher} of {{}}")
        taught = f"{said.format(brain)}, decoder {decoder}"
    return f"Student taught by {taught} ({dataset}, {student})"
