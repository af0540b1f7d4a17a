"""Solve kernel SVMs without a bias by projected gradient descent on the dual."""

from trainability.svm.box_plane import PLANE_KERNELS, box_plane
from trainability.svm.convergence import judge_gaps, judge_iterates
from trainability.svm.dual_race import begin_race, step_of_race
from trainability.svm.kernels import Kernel, poly, rbf
from trainability.svm.page_kernels import (
    PAGE_BIASES,
    PAGE_KERNELS,
    PAGE_POINTS,
    best_offset,
    kernel_between,
)
from trainability.svm.race_reading import look_at_race
from trainability.svm.solver import (
    max_step_size,
    project_box,
    svm_path,
    svm_predictor,
    svm_solver,
    xor_data,
)
from trainability.svm.values import dual_value, duality_gap

__all__ = [
    "PAGE_BIASES",
    "PAGE_KERNELS",
    "PAGE_POINTS",
    "PLANE_KERNELS",
    "Kernel",
    "begin_race",
    "best_offset",
    "box_plane",
    "dual_value",
    "duality_gap",
    "judge_gaps",
    "judge_iterates",
    "kernel_between",
    "look_at_race",
    "max_step_size",
    "poly",
    "project_box",
    "rbf",
    "step_of_race",
    "svm_path",
    "svm_predictor",
    "svm_solver",
    "xor_data",
]
