"""Solve hard-margin SVMs with the bias penalized or free."""

from trainability.svm_bias.both_boundaries import HINGES, NEAR_AND_FAR, both_boundaries
from trainability.svm_bias.boundary import boundary
from trainability.svm_bias.classifier import LinearClassifier
from trainability.svm_bias.least_distance import InseparableError
from trainability.svm_bias.logistic import logistic_boundaries
from trainability.svm_bias.programs import solve_augmented, solve_explicit
from trainability.svm_bias.two_planes import solution_plane
from trainability.svm_bias.two_points import two_point_solution

__all__ = [
    "HINGES",
    "NEAR_AND_FAR",
    "InseparableError",
    "LinearClassifier",
    "both_boundaries",
    "boundary",
    "logistic_boundaries",
    "solution_plane",
    "solve_augmented",
    "solve_explicit",
    "two_point_solution",
]
