"""Solve kernel SVMs without a bias by projected gradient descent on the dual."""

from trainability.svm.box_plane import PLANE_KERNELS, box_plane
from trainability.svm.convergence import judge_gaps, judge_iterates
from trainability.svm.kernels import Kernel, poly, rbf
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
    "PLANE_KERNELS",
    "Kernel",
    "box_plane",
    "dual_value",
    "duality_gap",
    "judge_gaps",
    "judge_iterates",
    "max_step_size",
    "poly",
    "project_box",
    "rbf",
    "svm_path",
    "svm_predictor",
    "svm_solver",
    "xor_data",
]
