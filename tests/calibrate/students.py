"""Claims of students and their teachers."""

from tests.calibrate.claim import Claim

CLAIMS: list[Claim] = []
