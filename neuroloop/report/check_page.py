"""The page of all passports: what came in, before anything is computed."""

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from neuroloop.files.formats import StrPath
from neuroloop.report.look import look
from neuroloop.report.passport import KINDS, Passport, counted
from neuroloop.report.templates import render

ASSETS = ("check.html.j2", "check.css", "parts.html.j2")


#: Most files of a data set that the page lists; its JSON lists all.
FILES = 2000


def check_page(passports: Mapping[StrPath, Passport]) -> str:
    """Write the page.

    Parameters
    ----------
    passports : mapping
        By the path of each, beside which its figures lie.

    Returns
    -------
    str
        HTML that needs nothing from outside, the same for the same arguments.
    """
    order = list(KINDS)
    shown = sorted(passports.items(), key=lambda pair: order.index(pair[1].kind))
    sections = [
        (KINDS[kind], [_shown(Path(path), passport) for path, passport in group])
        for kind, group in groupby(shown, key=lambda pair: pair[1].kind)
    ]
    warned = [one for _, every in sections for one in every if one["warnings"]]
    context = {"look": look(), "sections": sections, "warned": warned}
    return render("neuroloop.report/check.html.j2", context)


def _shown(path: Path, passport: Passport) -> dict[str, object]:
    """What the page shows of a passport."""
    intake = passport.intake
    return {
        "id": f"{passport.kind}-{passport.name}",
        "name": passport.name,
        "line": passport.line,
        "warnings": intake.warnings,
        "recognised": intake.recognised,
        "dropped": intake.dropped,
        "pictures": [
            {"path": path.parent / picture.file, "title": picture.title, "caption": picture.caption}
            for picture in passport.pictures
        ],
        "tables": passport.tables,
        "files": intake.files[:FILES],
        "unlisted": max(0, len(intake.files) - FILES),
        "json": path.name,
        "read": counted(len(intake.files), "file was", "files were"),
        "bytes": sum(file.bytes for file in intake.files),
    }
