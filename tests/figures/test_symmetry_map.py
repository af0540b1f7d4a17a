"""The map of symmetries, partners of two networks, and messages on graphs."""

import numpy as np
import plotly.graph_objects as go
import pytest

from trainability.figures.messages import messages
from trainability.figures.other_symmetries import partners
from trainability.figures.symmetry_map import symmetry_map

KINDS = {"swap": "blocks", "flip": "redundant", "shift": "built in", "layers": "no symmetry"}


def drawn(chosen, before=(1.0, 2.0), after=(2.0, 1.0)):
    weights = {"before": np.array(before), "after": np.array(after)}
    return go.Figure(symmetry_map(KINDS, chosen=chosen, start="all equal", **weights))


def test_every_symmetry_stands_once_in_the_column_of_its_kind():
    figure = drawn("flip")
    places = [(x, y) for trace in figure.data[:4] for x, y in zip(trace.x, trace.y, strict=True)]
    assert sorted(places) == sorted((kind, name) for name, kind in KINDS.items())
    ring = figure.data[4]
    assert (ring.x, ring.y) == (("redundant",), ("flip",))
    assert figure.layout.meta["pick"] == {"set": {"symmetry": "y"}}
    assert {trace.marker.symbol for trace in figure.data[:4]} == {
        "circle",
        "square",
        "diamond",
        "x",
    }


@pytest.mark.parametrize("name", KINDS)
def test_the_reading_says_the_kind_what_moved_and_how_many_block(name):
    meta = drawn(name).layout.meta
    assert meta["verdict"] == KINDS[name] and meta["blocking"] == 1 and meta["moved"] == 1
    assert "1 of 4 block" in meta["summary"] and "up to 1;" in meta["summary"]


def test_a_network_without_weights_says_so():
    figure = drawn("shift", before=(), after=())
    assert figure.layout.annotations[-1].text == "no weights"
    assert figure.layout.meta["moved"] == 0


def test_lines_lead_from_each_unit_to_where_its_partner_stands():
    first = np.arange(12.0).reshape(3, 2, 2) / 12
    order = np.array([2, 0, 1])
    figure = go.Figure(partners(first, -first, order, losses=(0.1, 0.5), setting="3 units"))
    heat, lines = figure.data
    ends = np.array(lines.x, dtype=float).reshape(3, 3)
    assert (ends[:, 1] == ends[order, 0]).all() and np.isnan(ends[:, 2]).all()
    picture = np.array(heat.z, dtype=float)
    assert (picture[:2, :2] == first[0]).all() and (picture[4:6, :2] == -first[0]).all()
    assert (picture[7:9, :2] == 0).all()  # their average
    assert np.isnan(picture[:, 2]).all()
    assert figure.layout.meta["strangers"] == 3 and figure.layout.meta["rise"] == 0.4
    assert "3 of 3 units" in figure.layout.meta["summary"]


def test_graphs_are_told_apart_by_their_sums_and_rounding_does_not_count():
    one = np.ones((6, 4))
    for other, verdict, kinds in (
        (one + 1e-12, "not told apart", 1),
        (2 * one, "told apart", 2),
        (one[:, :1] * np.arange(6.0)[:, None], "told apart", 6),
    ):
        nodes = np.broadcast_to(other, (6, 4))
        figure = go.Figure(messages(one, nodes, rounds=1, setting="Features"))
        meta = figure.layout.meta
        assert (meta["verdict"], meta["kinds"]) == (verdict, kinds)
        assert "1 round of" in meta["summary"] and f"{kinds} kind" in meta["summary"]


def test_each_node_has_two_edges_and_they_make_a_ring_and_two_triangles():
    figure = go.Figure(messages(np.ones((6, 2)), np.ones((6, 2)), rounds=0, setting=""))
    edges, nodes = figure.data
    places = [*zip(nodes.x, nodes.y, strict=True)]
    xs, ys = (np.array(part, dtype=float).reshape(12, 3) for part in (edges.x, edges.y))
    pairs = [
        (places.index((x[0], y[0])), places.index((x[1], y[1])))
        for x, y in zip(xs, ys, strict=True)
    ]
    graph = np.zeros((12, 12))
    for i, j in pairs:
        graph[i, j] = graph[j, i] = 1
    assert (graph.sum(axis=0) == 2).all()
    triangles = np.diagonal(np.linalg.matrix_power(graph, 3))
    assert (triangles[:6] == 0).all() and (triangles[6:] == 2).all()
