"""Read the claims that the book judges, find the tests that hold them, and count lessons."""

from trainability.ledger.claims import Claim, parse_claims, read_claims, tally
from trainability.ledger.lessons import Lesson, read_lesson
from trainability.ledger.markers import source_address, tests_by_claim
from trainability.ledger.scores import Answers, read_answers, share_right

__all__ = [
    "Answers",
    "Claim",
    "Lesson",
    "parse_claims",
    "read_answers",
    "read_claims",
    "read_lesson",
    "share_right",
    "source_address",
    "tally",
    "tests_by_claim",
]
