"""What a student is in plain words: by whom it was taught."""

from pathlib import Path

from neuroloop import registry


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
        taught = taught_by(of[1], of[1])
    else:
        subject, roi, decoder, teacher = of
        said = taught_by(teacher, f"{teacher} of {{}}")
        taught = said.format(f"{subject}'s {roi}") + f", decoder {decoder}"
    return f"Student taught by {taught} ({dataset}, {student})"


def taught_by(teacher: str, otherwise: str) -> str:
    """What the registry says after "Student taught by", or what is said otherwise."""
    if teacher not in registry.names("teacher"):
        return otherwise
    return str(getattr(registry.entry("teacher", teacher), "TAUGHT_BY", otherwise))
