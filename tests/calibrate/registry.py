"""All claims, by the part of the library that makes them."""

from collections import Counter

from tests.calibrate.claim import Claim


def all_claims() -> dict[str, list[Claim]]:
    """Claims by part."""
    from tests.calibrate import (
        calcium,
        closed_loop,
        decoding,
        inside,
        intervals,
        outcomes,
        radiographs,
        students,
        verdicts,
    )

    parts = {
        "intervals and corrections": intervals.CLAIMS,
        "decoding": decoding.CLAIMS,
        "students": students.CLAIMS,
        "verdicts on brains": verdicts.CLAIMS,
        "students beside accuracy": outcomes.CLAIMS,
        "the loop closed": closed_loop.CLAIMS,
        "radiographs": radiographs.CLAIMS,
        "calcium": calcium.CLAIMS,
        "inside": inside.CLAIMS,
    }
    names = Counter(claim.name for claims in parts.values() for claim in claims)
    twice = [name for name, times in names.items() if times > 1]
    if twice:
        raise ValueError(f"two claims are named {twice[0]!r}")
    return parts
