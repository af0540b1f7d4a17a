"""The figures of lesson 6: steps, repairs, batch sizes."""

import itertools
import math
from functools import partial

import numpy as np
import plotly.graph_objects as go
import pytest
import torch
from scipy.stats import ttest_1samp

from trainability.comparisons import first_steps, split_digits
from trainability.figures.lars import anatomy_of_a_step, batch_sizes, interval_of_gaps
from trainability.figures.repairs import CEILING, loss_against_rate, repair_table
from trainability.optim import LAMB, LARS
from trainability.training import random_start

FLAT = np.full(4, 0.003)


@pytest.mark.parametrize(
    ("sgd", "verdict", "ratio"),
    [
        ([1e-9, 2e-9, 1e-9, 1e-9], "frozen", 2),
        ([0.0, 1e-9, 1e-9, 1e-9], "frozen", math.inf),
        ([1e-3, 1e-2, 1e-3, 1e-3], "moves", 10),
        ([1e-3, 30.0, 1e-3, 1e-3], "overwrites", 30_000),
        ([1e-3, math.nan, 1e-3, 1e-3], "overwrites", math.nan),
    ],
)
def test_a_step_is_judged_by_what_sgd_does_to_its_layers(sgd, verdict, ratio):
    relative = {"SGD": np.array(sgd), "LARS": FLAT}
    figure = go.Figure(anatomy_of_a_step(relative, {"LARS": FLAT}, setting="tanh"))
    meta = figure.layout.meta
    assert meta["verdict"] == verdict
    assert meta["ratio"] == pytest.approx(ratio, rel=1e-2, nan_ok=True)
    assert "LARS by 0.003" in meta["summary"] and meta["summary"].startswith("tanh: SGD")
    assert [trace.yaxis for trace in figure.data] == [None, None, "y2", None, None]
    looks = {(trace.line.dash, trace.marker.symbol) for trace in figure.data[:2]}
    assert len(looks) == 2 and figure.data[1].line.color == figure.data[2].line.color


@pytest.mark.parametrize(
    ("sgd", "title", "message", "down", "up"),
    [
        ([0.0] * 4, "SGD's step is lost to rounding in every layer", "in every layer", 4, 0),
        ([0.0, 1e-9, 1e-9, 0.0], "SGD's step leaves whole", "2 of 4 lost to rounding", 2, 0),
        ([math.nan, 1.0, math.inf, 0.0], "SGD overflowed", "SGD overflowed in 2 of 4", 1, 2),
        ([1e-20, 1e20, 1.0, 1.0], "SGD's step is longer", "by 1e-20 to 1e+20", 1, 1),
    ],
)
def test_a_step_that_leaves_the_axis_is_spoken_and_marked_at_its_edge(
    sgd, title, message, down, up
):
    relative = {"SGD": np.array(sgd), "LARS": FLAT}
    figure = go.Figure(anatomy_of_a_step(relative, {}, setting="relu"))
    assert figure.layout.title.text.startswith(title) and message in figure.layout.meta["summary"]
    line, _, below, above = figure.data
    assert (np.isfinite(below.y).sum(), np.isfinite(above.y).sum()) == (down, up)
    # Every layer is shown once: in the line or at an edge.
    assert np.isfinite(line.y).sum() == 4 - down - up
    assert len({below.marker.symbol, above.marker.symbol, line.marker.symbol}) == 3


def test_over_the_lessons_whole_grid_every_number_lies_on_the_axis():
    inputs, labels = (part[:64] for part in split_digits().train)
    optimizers = {
        "SGD": partial(torch.optim.SGD, lr=0.03, momentum=0.9),
        "Adam": partial(torch.optim.Adam, lr=0.003),
        "LAMB": partial(LAMB, lr=0.003),
        "LARS": partial(LARS, lr=1.0),
    }
    gone = set()
    for nonlinearity, draw in itertools.product(["tanh", "relu"], range(4)):
        starts = [
            random_start([64, *[32] * 20, 10], scale**2, torch.Generator().manual_seed(draw))
            for scale in np.geomspace(0.25, 4, 21)
        ]
        stacked = [torch.stack(layer) for layer in zip(*starts, strict=True)]
        options = {"nonlinearity": nonlinearity, "steps": 2}
        found = first_steps(stacked, inputs, labels, optimizers, **options)
        for k, step in itertools.product(range(21), range(2)):
            relative = {name: a.relative_step[k, step].numpy() for name, a in found.items()}
            trust = {name: found[name].trust_ratio[k, step].numpy() for name in ("LAMB", "LARS")}
            figure = anatomy_of_a_step(relative, trust, setting="")
            for trace in figure["data"]:
                axis = figure["layout"]["yaxis2" if trace.get("yaxis") else "yaxis"]
                low, high = (10.0**end for end in axis["range"])
                drawn = np.asarray(trace["y"], dtype=float)
                assert ((drawn > low) & (drawn < high) | np.isnan(drawn)).all()
            for trace in figure["data"][4:6]:  # no trust ratio is left out
                assert np.isfinite(trace["y"]).all()
            sgd, summary = relative["SGD"], figure["layout"]["meta"]["summary"]
            if not np.isfinite(sgd).all():
                gone.add("overflowed")
                assert "SGD overflowed in" in summary
            elif not sgd.all():
                gone.add("lost")
                assert "lost to rounding" in summary
    assert gone == {"overflowed", "lost"}


def test_a_line_for_each_draw_shows_its_losses_and_overflow_at_the_edge():
    loss = np.array([[2.3, 0.2, math.nan], [2.3, 0.4, 50.0], [2.3, 0.9, math.nan]])
    options = {"chance": 2.3, "steps": 400, "setting": "LARS against b", "verdict": "heals"}
    figure = go.Figure(loss_against_rate([0.1, 1.0, 10.0], loss, **options))
    assert [list(line.y) for line in figure.data] == [
        [2.3, 0.2, CEILING],
        [2.3, 0.4, CEILING],
        [2.3, 0.9, CEILING],
    ]
    assert len({line.line.dash for line in figure.data}) == 3
    meta = figure.layout.meta
    assert (meta["loss"], meta["low"], meta["high"]) == (0.4, 0.2, 0.9)
    assert "after 400 steps is 0.4, 0.2 to 0.9 over 3 draws" in meta["summary"]
    assert figure.layout.shapes[0].y0 == 2.3
    lost = loss_against_rate([0.1], np.full((3, 1), math.nan), **options)
    assert "overflow" in lost["layout"]["meta"]["summary"]
    assert lost["layout"]["meta"]["loss"] == math.inf


def test_the_table_marks_a_cell_and_counts_what_its_remedy_heals():
    losses = np.array([[2.3, 0.1], [math.inf, 0.2], [2.3, 1.0]])
    verdicts = [["does not help", "heals"]] * 2 + [["does not help", "helps"]]
    failures, remedies = ["a", "b", "c"], ["SGD", "LARS"]
    here = {"here": ("c", "LARS"), "steps": 400}
    figure = go.Figure(repair_table(losses, verdicts, failures, remedies, **here))
    assert figure.layout.title.text == "LARS against c: helps (loss 1)"
    assert figure.layout.meta["healed"] == 2 and figure.layout.meta["verdict"] == "helps"
    assert [tuple(row) for row in figure.data[0].text] == [("✗", "✗", "✗"), ("✓", "✓", "~")]
    assert [tuple(row) for row in figure.data[0].customdata] == [
        ("✗ 2.3", "✗ ∞", "✗ 2.3"),
        ("✓ 0.1", "✓ 0.2", "~ 1.0"),
    ]
    assert [list(row) for row in figure.data[0].z] == [[0, 0, 0], [2, 2, 4]]  # one is marked


def paired(points):
    """Ten splits at two sizes, so many points ahead of SGD at the second, with some spread."""
    base = np.linspace(0.9, 0.94, 10)
    spread = 0.005 * np.array([1, -1] * 5)
    sgd = np.stack([base, base - 0.05], axis=1)
    other = np.stack([base + spread, base - 0.05 + points / 100 + spread], axis=1)
    return {"SGD": sgd, "LARS": other}


@pytest.mark.parametrize(
    ("points", "verdict"),
    [(2.0, "ahead of SGD"), (0.1, "not apart from SGD"), (-2.0, "behind SGD")],
)
def test_a_gap_counts_only_where_its_interval_leaves_out_zero(points, verdict):
    accuracy = paired(points)
    tried = np.array([[0.9, 0.8], [0.94, 0.96]])
    here = {
        "overlap": 0.0,
        "batch": 64,
        "optimizer": "LARS",
        "rates": (0.1, 0.2),
        "tried": tried,
        "best": 1,
    }
    figure = go.Figure(batch_sizes([32, 64], accuracy, **here, setting="with warm-up"))
    meta = figure.layout.meta
    assert meta["verdict"] == verdict and meta["rate"] == 0.2
    assert meta["gap"] == pytest.approx(points, abs=0.01)
    widths = {trace.name: trace.line.width for trace in figure.data[:2]}
    assert widths["LARS"] > widths["SGD"]
    (bars,) = (trace for trace in figure.data if trace.name == "LARS − SGD")
    low, high = ttest_1samp(accuracy["LARS"][:, 1] - accuracy["SGD"][:, 1], 0).confidence_interval()
    assert bars.y[1] - bars.error_y.array[1] == pytest.approx(100 * low, abs=1e-4)
    assert bars.y[1] + bars.error_y.array[1] == pytest.approx(100 * high, abs=1e-4)


def test_sgd_is_not_compared_with_itself_and_other_counts_of_splits_are_refused():
    tried = np.array([[0.9, 0.8]])
    here = {"overlap": 0.0, "batch": 32, "optimizer": "SGD", "rates": (0.1,)}
    here |= {"tried": tried, "best": 0}
    figure = go.Figure(batch_sizes([32, 64], paired(1.0), **here, setting=""))
    assert figure.layout.meta["verdict"] == "SGD itself"
    assert "against" not in figure.layout.meta["summary"]
    few = {name: rows[:3] for name, rows in paired(1.0).items()}
    with pytest.raises(ValueError, match="3 splits; the interval is made for 10"):
        batch_sizes([32, 64], few, **here, setting="")


def test_splits_that_share_examples_have_wider_intervals():
    accuracy = paired(1.0)
    alone = interval_of_gaps(accuracy["LARS"], accuracy["SGD"])
    shared = interval_of_gaps(accuracy["LARS"], accuracy["SGD"], overlap=0.3)
    assert np.array_equal(alone[0], shared[0])
    np.testing.assert_allclose(shared[1] / alone[1], 2.0)
