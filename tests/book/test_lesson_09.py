"""Lesson 9 under the reader's hand: epochs, the loss spike, people left out."""

import pytest
from playwright.sync_api import expect

from explorers import EVERY_STATE


@pytest.mark.claims("S3-3d")
def test_shuffled_labels_are_fitted_as_well_and_carry_nothing_over(lesson):
    late = [s for s in lesson.evaluate(EVERY_STATE, "after_epoch") if int(s["epoch"]) >= 150]
    assert len(late) == 6
    for state in late:
        assert state["train"] == state["train_shuffled"] == 1, state
        assert max(state["loss"], state["loss_shuffled"]) < 0.5, state
        assert state["verdict"] == "fit alike, know differently", state
        assert "Drawn faces" in state["summary"]


@pytest.mark.claims("S3-3b,c")
def test_every_first_step_of_adam_is_where_it_was_predicted(lesson):
    kinds = set()
    for state in lesson.evaluate(EVERY_STATE, "first_epochs"):
        kinds.add((state["optimizer"], state["verdict"]))
        if state["optimizer"] == "Adam":
            assert state["first"] == pytest.approx(state["predicted"], rel=0.03), state
            assert state["first"] < 1.9 + 2 * state["jump"], state  # no loss can leap higher
        elif state["share"] < 0.95:
            assert state["verdict"] != "spike", state
    assert {kind for _, kind in kinds} == {"spike", "small rise", "falls", "slow"}


def test_the_cures_lower_the_spike_at_every_rate(lesson):
    peaks = {}
    for state in lesson.evaluate(EVERY_STATE, "first_epochs"):
        if state["optimizer"] == "Adam" and state["start"] != "zeros":
            peaks[state["lr"], state["start"], state["inputs"]] = state["peak"]
    for rate, start, inputs in peaks:
        if inputs == "raw" and float(rate) >= 1e-4:
            raw, pixel, face = (
                peaks[rate, start, name] for name in ("raw", "minus mean pixel", "minus mean face")
            )
            assert raw > pixel > face, (rate, start)


def test_the_mean_over_people_does_not_depend_on_whose_faces_are_looked_at(lesson):
    means = {}
    for state in lesson.evaluate(EVERY_STATE, "about_person"):
        means.setdefault((state["inputs"], state["draw"]), []).append(state)
    assert len(means) == 6
    for states in means.values():
        assert len(states) == 9
        expected = sum(state["right"] for state in states) / 54
        assert all(state["mean"] == pytest.approx(expected, abs=1e-3) for state in states)
        assert all(state["low"] < state["mean"] < state["high"] for state in states)


def test_the_full_weight_images_stand_open_and_are_loaded_on_the_way_to_them(lesson):
    picture = lesson.locator("img[alt^='Six weight images']")
    assert picture.get_attribute("loading") == "lazy"
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    lesson.wait_for_function("image => image.naturalWidth > 500", arg=picture.element_handle())


def test_the_goals_are_reached(lesson):
    goals = lesson.locator(".explorer-goal")
    epochs, spike = (
        lesson.locator(f'[data-explorer="{n}"]') for n in ("after_epoch", "first_epochs")
    )
    expect(goals.nth(0)).not_to_have_attribute("data-reached", "now")
    epochs.locator('[data-axis="epoch"]').press("End")
    expect(goals.nth(0)).to_have_attribute("data-reached", "now")
    spike.locator('[data-axis="inputs"]').select_option(label="minus mean pixel")
    expect(goals.nth(1)).not_to_have_attribute("data-reached", "now")
    spike.locator('[data-axis="inputs"]').select_option(label="minus mean face")
    expect(goals.nth(1)).to_have_attribute("data-reached", "now")
