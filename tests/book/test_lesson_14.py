"""The clinic under the reader's hand: a network to break and to heal, in the page."""

import nbformat
import pytest
import torch
from playwright.sync_api import expect

from conftest import ROOT

NOTEBOOK = ROOT / "chapters/14_clinic.ipynb"
CELLS = ("data", "ward-run", "ward-step", "ward-explorer")
EXPLORER = "document.querySelector('[data-explorer=\"ward\"]').explorer"
STATES = [
    {},
    {"depth": 30, "nonlinearity": "tanh"},
    {"optimizer": "Adam", "lr": 0.001, "width": 50, "seed": 77},
    {"input_size": 100.0, "lr": 0.01},
    {"softmaxes": "two", "trained": "the last one"},
    {"bias": -5.0},
    {"spread": 0.1, "lr": 0.1},
]


@pytest.fixture(scope="module")
def ward():
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    space: dict = {}
    exec("\n\n".join(cell.source for cell in cells if cell.id in CELLS), space)
    return space["ward"]


@pytest.mark.parametrize("state", STATES, ids=str)
def test_fifty_steps_of_the_page_are_torchs(lesson, ward, state):
    given = {k: v if isinstance(v, int | float) else str(v) for k, v in state.items()}
    lesson.evaluate(
        f"async (state) => {{ await {EXPLORER}.set(state); await {EXPLORER}.step(50); }}", given
    )
    wanted = ward.run(50, **state)
    # Where nothing is learned, what is left of the signal is rounding, in torch and here.
    for name, atol in (("loss", 1e-8), ("gradient", 1e-13), ("dead", 0.0)):
        mine = lesson.evaluate(f"Array.from({EXPLORER}.numbers('{name}'))")
        expected = wanted[name].double().flatten()
        torch.testing.assert_close(torch.tensor(mine).double(), expected, rtol=1e-3, atol=atol)


def test_a_patient_is_opened_fails_and_is_healed_by_hand(lesson):
    root = lesson.locator('[data-explorer="ward"]')
    status = root.get_by_role("status")
    patient = lesson.get_by_role("button", name="4: raw inputs")
    patient.click()
    expect(patient).to_have_attribute("aria-pressed", "true")
    expect(status).to_contain_text("step 0")
    root.get_by_role("button", name="Train", exact=True).click()
    expect(status).to_contain_text("Diverged")
    goal = lesson.locator(".explorer-goal", has_text="size 100")
    expect(goal).not_to_have_attribute("data-reached", "now")
    lesson.evaluate(f"{EXPLORER}.set({{ lr: 0.01 }})")
    expect(patient).to_have_attribute("aria-pressed", "false")
    root.get_by_role("button", name="Restart").click()
    root.get_by_role("button", name="Train", exact=True).click()
    expect(goal).to_have_attribute("data-reached", "now")
    root.get_by_role("button", name="Pause").click()
    lesson.get_by_role("button", name="healthy", exact=True).click()
    expect(status).to_contain_text("step 0")
    expect(goal).to_have_attribute("data-reached", "before")
