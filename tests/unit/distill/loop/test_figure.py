"""The closed loop as a picture: whose row is whose, and every teacher is seen."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from neuroloop.distill.ablation import REFERENCE
from neuroloop.distill.loop.closed import SCORE
from neuroloop.distill.loop.figure import loop_figure


def row(subject: str, teacher: str, predicted: str, value: float) -> dict[str, object]:
    """Score of one teacher's students on one brain."""
    reference = subject == REFERENCE
    return {
        **{"subject": subject, "roi": REFERENCE if reference else "HVC", "region": "HVC"},
        **{"decoder": REFERENCE if reference else "ridge", "student": "small", "kind": SCORE},
        **{"teacher": teacher, "predicted": predicted, "value": value, "n": 30.0, "seeds": 3.0},
        **{"ci_low": value - 0.1, "ci_high": value + 0.1, "p": 0.01, "control": ""},
    }


def test_subjects_stand_in_order_and_labels_alone_have_a_marker_across_their_interval() -> None:
    table = pd.DataFrame(
        [row(name, "brain", name, 0.4) for name in ("S10", "S2", "S1")]
        + [row(REFERENCE, "none", name, 0.2) for name in ("S10", "S2", "S1")]
    )
    figure = loop_figure(table)
    panels = [panel for panel in figure.axes if panel.get_visible()]
    assert [panel.get_title() for panel in panels] == ["S1 HVC", "S2 HVC", "S10 HVC"]
    for panel in panels:
        places = {line.get_marker(): np.asarray(line.get_xdata()).tolist() for line in panel.lines}
        assert places["|"] == [0.2]
        assert places["o"] == [0.4]
        assert "_" not in places
    plt.close(figure)
