"""Claims of calcium movies and their readers."""

from tests.calibrate.claim import Claim

CLAIMS: list[Claim] = []
