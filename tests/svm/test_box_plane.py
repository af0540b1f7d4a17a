"""The plane of equal multipliers of XOR's dual, against the whole of it."""

import numpy as np
import pytest

from trainability.figures.box_plane import BOX_PLANE, read_box_plane
from trainability.programs.figure import filled
from trainability.svm import PLANE_KERNELS, box_plane, poly, rbf, xor_data

KERNELS = dict(zip(PLANE_KERNELS, (poly(2), poly(3), rbf(1.0), rbf(2.0)), strict=True))


def whole_dual(kernel):
    """Q, the optimum of an entry, and the largest eigenvalue in the plane."""
    x, y = (part.double() for part in xor_data())
    q = np.array([[float(y[i] * y[j] * kernel(x[i], x[j])) for j in range(4)] for i in range(4)])
    optimum = 1 / q.sum(1)[0]
    apart = np.array([1, -1, 1, -1]) / 2
    return q, optimum, apart @ q @ apart


@pytest.mark.parametrize("name", PLANE_KERNELS)
@pytest.mark.parametrize("step", [0.4, 1.2])
def test_the_path_is_that_of_the_four_multipliers(name, step):
    q, optimum, largest = whole_dual(KERNELS[name])
    found = box_plane(name, step, wall=5.0, first=4.0, second=0.2)
    lr = step * 2 / largest
    assert found["lr"].item() == pytest.approx(lr, rel=1e-9)
    alpha, last = np.array([4.0, 0.2, 4.0, 0.2]) * optimum, None
    for t in range(12):
        assert found["path_x"][t].item() == pytest.approx(alpha[0] / optimum, abs=1e-6)
        assert found["path_y"][t].item() == pytest.approx(alpha[1] / optimum, abs=1e-6)
        after = np.clip(alpha - lr * (q @ alpha - 1), 0, 5 * optimum)
        held = alpha - lr * (q @ alpha)
        energy = (alpha @ alpha + after @ after) / 2 - after @ held - lr * (alpha + after).sum()
        # The plane has two of four entries, in units of the optimum.
        assert found["energy"][t].item() == pytest.approx(energy / (2 * optimum**2), abs=1e-5)
        assert last is None or energy <= last + 1e-9
        alpha, last = after, energy


@pytest.mark.claims("S3-2e")
@pytest.mark.parametrize("name", PLANE_KERNELS)
def test_below_the_safe_step_all_starts_arrive_and_above_it_not_those_near_the_optimum(name):
    assert box_plane(name, step=0.97)["share"] == 1
    above = box_plane(name, step=1.1, wall=2.0, first=1.2, second=0.9)
    assert not above["arrives"] and above["cycles"] and above["share"] < 0.1


def test_with_a_step_that_is_too_long_clipping_lets_far_starts_arrive():
    near, far = (box_plane("poly 2", step=1.1, wall=wall)["share"] for wall in (3.0, 24.0))
    assert near < 0.06 and far > 0.3


def test_a_wall_below_the_optimum_is_where_every_start_ends():
    found = box_plane("RBF, σ = 1", step=0.9, wall=0.5)
    assert found["best"] == 0.5 and found["share"] == 1


def test_the_figure_tells_the_path_and_the_share():
    words = {"kernel": "poly 2", "step": 1.1, "wall": 12.0, "first": 2.0, "second": 0.5}
    found = box_plane(**words)
    figure = filled(BOX_PLANE, words | found | read_box_plane(**found))
    assert figure["layout"]["meta"]["verdict"] == "cycle of two"
    ring = read_box_plane(**found)
    q = np.array([[10.0, -2.0], [-2.0, 10.0]])
    away = np.stack([ring["ring_x_1"], ring["ring_y_1"]]) - 1
    level = np.einsum("in,ij,jn->n", away, q, away)
    assert np.ptp(level) < 1e-9 * level.max()


def test_another_kernel_is_refused():
    with pytest.raises(ValueError, match=r"kernel='tanh' is unknown; use one of 'poly 2'"):
        box_plane("tanh")
