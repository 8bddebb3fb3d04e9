"""The table of sanity tests: every number in its cell."""

import re

import numpy as np
import pandas as pd

from neuroloop.explain.gallery.sanity_table import COLUMNS, join_tables, sanity_table
from neuroloop.report.templates import render

NAN = np.nan


def table(*rows):
    """Rows without p, unit, scope, family, reason and what follows, unless they are given."""
    bare = (NAN, "", "", "", "", NAN, NAN)
    whole = [row + bare[len(row) - 10 :] for row in rows]
    return pd.DataFrame(whole, columns=list(COLUMNS))


def sanity_html(tables):
    context = {"sanity": sanity_table(tables)}
    return render("neuroloop.explain.gallery/sanity.html.j2", context)


ONE = table(
    ("cascading", "spearman", 0.1234, 0.05, 0.2, 0.0, 1.0, 16, 2, "sensitive"),
    ("deletion", "auc", 0.5, NAN, NAN, 0.7, 0.6, 16, 0, "n/a"),
    ("deletion", "auc_less_random", -0.2, -0.3, -0.1, 0.0, NAN, 16, 0, "better"),
    ("maps", "empty", 3.0, NAN, NAN, NAN, NAN, 16, 0, "n/a"),
)
TWO = table(
    ("cascading", "spearman", NAN, NAN, NAN, 0.0, 1.0, 0, 16, "undecided"),
    ("deletion", "auc_less_random", 0.2, 0.1, 0.3, 0.0, NAN, 16, 0, "worse"),
    ("novel", "thing_of_note", 1.0, NAN, NAN, NAN, NAN, 5, 0, "<odd>"),
)


def cells(html):
    rows = re.findall(r"<tr><th>([^<]*)</th>(<td.*?)</tr>", html)
    return {name: re.findall(r'<td(?: class="(\w+)")?>(.*?)</td>', row) for name, row in rows}


def text(cell):
    return " ".join(re.sub("<[^>]*>", " ", cell).split())


def test_every_number_stands_in_its_cell():
    made = cells(sanity_html({"One": ONE, "Two": TWO}))
    assert list(made) == ["One", "Two"]
    kinds, said = zip(*[(kind, text(cell)) for kind, cell in made["One"]], strict=True)
    assert said == (
        "0.12 [0.05, 0.20] chance 0.00, edges 1.00, 2 undefined, n 16 sensitive",
        "0.50 chance 0.70, edges 0.60, n 16",
        "−0.20 [−0.30, −0.10] chance 0.00, n 16 better",
        "3 of 16",
        "–",
    )
    assert kinds == ("good", "", "good", "", "none")
    kinds, said = zip(*[(kind, text(cell)) for kind, cell in made["Two"]], strict=True)
    assert kinds == ("open", "none", "bad", "none", "open")
    assert said[0] == "– chance 0.00, edges 1.00, 16 undefined, n 0 undecided"
    assert said[4] == "1.00 n 5 &lt;odd&gt;"


def test_headings_span_their_statistics():
    html = sanity_html({"One": ONE, "Two": TWO})
    assert '<th colspan="2">Deletion</th>' in html
    assert '<th colspan="1">Weights randomised</th>' in html
    assert "<th>minus random order</th>" in html
    assert "<th>thing of note</th>" in html
    assert "<odd>" not in html


def test_tests_of_one_kind_stand_together():
    other = table(("pointing", "hit_rate", 1.0, NAN, NAN, 0.1, 0.2, 4, 0, "above chance"))
    late = table(("cascading", "other", 1.0, NAN, NAN, NAN, NAN, 4, 0, "n/a"))
    html = sanity_html({"a": ONE, "b": other, "c": late})
    assert '<th colspan="2">Weights randomised</th>' in html
    names = re.findall("<th>([a-z ]+)</th>", html)
    assert names[:2] == ["rank correlation", "other"]


def test_q_is_that_of_a_family_over_all_methods_and_takes_the_colour():
    """Benjamini and Hochberg by hand: 0.03 is the lesser of two, 0.04 of itself."""

    def method(p, q, other):
        scope = "other images; these networks alone"
        less = ("deletion", "auc_less_random", -0.2, -0.3, -0.1, 0.0, NAN, 16, 0, "better")
        hits = ("pointing", "hit_rate", 0.9, 0.8, 1.0, 0.2, 0.1, 16, 0, "above chance")
        return table(
            (*less, p, "images", scope, "deletion and insertion"),
            (*hits, other, "images", scope, "pointing"),
            (*less[:1], "auc", *less[2:9], "n/a", q),
        )

    tables = {"One": method(0.03, 1e-9, 0.04), "Two": method(0.6, 1e-9, NAN)}
    joined = join_tables(tables)
    assert list(joined.columns) == ["method", *COLUMNS, "q"]
    assert joined["method"].tolist() == ["One"] * 3 + ["Two"] * 3
    np.testing.assert_allclose(joined["q"], [0.06, 0.04, NAN, 0.6, NAN, NAN])
    html = sanity_html(tables)
    (less, _, hits), _ = cells(html).values()
    assert (less[0], hits[0]) == ("open", "good")
    assert text(less[1]).endswith("q 0.06 better")
    assert "Deletion, Pointing game speak of other images; these networks alone" in html


def test_no_difference_says_what_could_not_be_seen():
    rest = (0.4, "images", "other images", "", "", NAN, 0.1234)
    less = ("deletion", "auc_less_random", 0.01, -0.1, 0.1, 0.0, NAN, 16, 0, "no difference")
    hits = ("pointing", "hit_rate", 0.3, 0.1, 0.5, 0.2, 0.1, 16, 0, "no better than chance")
    seen = (*less[:9], "better")
    ((_, one), (_, two)) = cells(sanity_html({"One": table(less + rest, hits + rest)}))["One"]
    assert "unseen: below 0.12" in text(one)
    assert "unseen: below 0.12" in text(two)
    assert "unseen" not in sanity_html({"One": table(seen + rest)})


def test_what_is_void_has_its_reason_and_no_number():
    row = ("deletion", "auc_less_random", NAN, NAN, NAN, NAN, NAN, 16, 0, "void", NAN)
    reason = "the blur leaves 99 %"
    html = sanity_html({"One": table((*row, "images", "other images", "", reason))})
    ((kind, said),) = cells(html)["One"]
    assert (kind, text(said)) == ("open", "– n 16 void")
    assert html.count(reason) == 1
