"""Lesson 2 under the reader's hand: the way between networks, starts that block, an orbit."""

import nbformat
import pytest
import torch
from playwright.sync_api import expect

from conftest import ROOT
from explorers import EVERY_STATE, click_on


@pytest.mark.page("02a_names")
def test_matching_opens_the_way_and_a_shuffled_copy_closes_it(lesson):
    states = lesson.evaluate(EVERY_STATE, "rebasin")
    assert len(states) == 21 * 3 * 3 * 8
    for state in states:
        if state["other"] != "matched":
            assert state["verdict"] == "barrier", state
        elif state["width"] != "8":
            assert state["verdict"] == "open", state


@pytest.mark.page("02a_names")
def test_a_walk_with_the_mouse_and_the_goal_of_the_first_exercise(lesson):
    root = lesson.locator('[data-explorer="rebasin"]')
    goal = lesson.locator(".explorer-goal").first
    expect(goal).not_to_have_attribute("data-reached", "now")
    root.locator('[data-axis="other"]').select_option(label="matched")
    expect(goal).to_have_attribute("data-reached", "now")
    expect(root.get_by_role("status")).to_contain_text("no barrier")
    click_on(lesson, root, 0.2, 0.5)
    expect(root.locator('[data-axis="place"]')).to_have_attribute("aria-valuetext", "0.2")
    expect(goal).to_have_attribute("data-reached", "before")


@pytest.mark.page("02b_orbits")
def test_only_the_symmetries_of_a_nonlinearity_keep_the_function(lesson):
    for state in lesson.evaluate(EVERY_STATE, "orbit"):
        flipped, factor_one = state["flip"] == "true", state["alpha"] == "1"
        keeps = not flipped if state["nonlinearity"] == "relu" else factor_one
        assert (state["verdict"] == "same function") == keeps, state


def test_from_equal_weights_the_map_shows_the_exchanges_as_what_blocks(lesson):
    for state in lesson.evaluate(EVERY_STATE, "map"):
        exchange = state["symmetry"].endswith("exchanged") and "layers" not in state["symmetry"]
        renames = state["symmetry"].endswith(("flipped", "rescaled", "turned"))
        blocks = {"random": False, "all equal": exchange, "all zero": exchange or renames}
        assert (state["verdict"] == "blocks") == blocks[state["start"]], state
        assert state["blocking"] == {"random": 0, "all equal": 5, "all zero": 8}[state["start"]]


def test_a_click_on_the_map_chooses_a_symmetry_and_the_goal_asks_for_a_start(lesson):
    root = lesson.locator('[data-explorer="map"]')
    goal = lesson.locator(".explorer-goal", has_text="flip of a tanh unit")
    click_on(lesson, root, "redundant", "a tanh unit flipped")
    expect(root.locator('[data-axis="symmetry"] option:checked')).to_have_text(
        "a tanh unit flipped"
    )
    expect(root.get_by_role("status")).to_contain_text("it is redundant")
    expect(goal).not_to_have_attribute("data-reached", "now")
    root.locator('[data-axis="start"]').select_option(label="all zero")
    expect(goal).to_have_attribute("data-reached", "now")


def test_messages_tell_the_graphs_apart_only_where_the_nodes_knew_something(lesson):
    for state in lesson.evaluate(EVERY_STATE, "graphs"):
        if state["features"] == "all equal":
            assert (state["verdict"], state["kinds"]) == ("not told apart", 1), state
        elif state["features"] == "triangles around each":
            assert (state["verdict"], state["kinds"]) == ("told apart", 2), state
        elif int(state["rounds"]) >= 2:
            assert (state["verdict"], state["kinds"]) == ("told apart", 12), state


@pytest.mark.page("02a_names")
def test_sorted_filters_meet_their_partners_and_lose_less(lesson):
    rise = {}
    for state in lesson.evaluate(EVERY_STATE, "halfway"):
        assert (state["verdict"] == "partners") == (state["other"] == "matched"), state
        rise.setdefault(state["other"], []).append(state["rise"])
    assert all(m < a for m, a in zip(rise["matched"], rise["another network"], strict=True))


LAB = "document.querySelector('[data-explorer=\"blocks\"]').explorer"
LAB_CELLS = ("blocks-start", "blocks-network", "blocks-step", "blocks-lab")


@pytest.fixture(scope="module")
def lab():
    cells = nbformat.read(ROOT / "chapters/02_other_symmetries.ipynb", as_version=4).cells
    imports = "import torch\nfrom trainability.explore import explore\n"
    code = [cell.source for cell in cells if cell.id in LAB_CELLS]
    space: dict = {}
    exec(imports + "\n\n".join(code).removesuffix("lab"), space)
    return space["lab"]


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ({}, "learned"),
        ({"start": "all equal"}, "tied"),
        ({"start": "pairs in layer 2", "seed": 3}, "tied"),
        ({"start": "a flipped pair"}, "tied"),
        ({"start": "a flipped pair", "norm": "LayerNorm"}, "learned"),
        ({"start": "copied layers", "optimizer": "Adam", "lr": 0.03}, "learned"),
        ({"start": "equal reads", "norm": "LayerNorm"}, "free"),
    ],
    ids=str,
)
def test_a_start_blocks_in_the_page_as_it_does_in_torch(lesson, lab, state, verdict):
    lesson.evaluate(f"async (state) => {{ await {LAB}.set(state); await {LAB}.step(300); }}", state)
    meta = lesson.evaluate(f"{LAB}.figure.layout.meta")
    wanted = lab.figure(300, **state).layout.meta
    assert meta["verdict"] == wanted["verdict"] == verdict
    found = torch.tensor(lesson.evaluate(f"Array.from({LAB}.numbers('loss')).slice(0, 50)"))
    expected = lab.run(50, **state)["loss"]
    torch.testing.assert_close(found.double(), expected, rtol=1e-3, atol=1e-9)


@pytest.mark.page("02b_orbits")
def test_a_click_on_the_plane_of_the_orbits_moves_the_start(lesson):
    root = lesson.locator('[data-explorer="across"]')
    click_on(lesson, root, 1.5, 3.5)
    expect(root.get_by_role("status")).to_contain_text("From w = 1.5, v = 3.5 at rate")


@pytest.mark.page("02b_orbits")
@pytest.mark.parametrize(
    "state", [{}, {"w": 1.5, "v": 1.5}, {"w": 3.0, "v": 1.0, "lr": 0.3}], ids=str
)
def test_the_path_across_the_orbits_is_torchs(lesson, state):
    cells = nbformat.read(ROOT / "chapters/02b_orbits.ipynb", as_version=4).cells
    code = [cell.source for cell in cells if cell.id in ("across-unit", "across-explorer")]
    imports = (
        "import torch\nfrom trainability.explore import explore\n"
        "from trainability.explore.controls import linear_range, log_range\n"
    )
    space: dict = {}
    exec(imports + "\n\n".join(code).removesuffix("across"), space)
    wanted = space["across"].numbers(**state)
    explorer = "document.querySelector('[data-explorer=\"across\"]').explorer"
    lesson.evaluate(f"async (state) => {{ await {explorer}.set(state); }}", state)
    for name in ("path_x", "path_y", "orbit_x", "flow_y", "sharpness"):
        found = lesson.evaluate(f"Array.from({explorer}.numbers('{name}'))")
        mine = torch.tensor([float("nan") if x is None else float(x) for x in found])
        expected = wanted[name].flatten()
        torch.testing.assert_close(mine.double(), expected, rtol=1e-6, atol=1e-6, equal_nan=True)
