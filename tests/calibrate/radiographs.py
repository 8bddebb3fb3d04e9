"""Claims of classifiers of radiographs."""

from tests.calibrate.claim import Claim

CLAIMS: list[Claim] = []
