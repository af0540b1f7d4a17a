"""Claims under attack: rows of the ledger lead to a lab, and its goals are counterexamples."""

import pytest
import torch
from playwright.sync_api import Page, expect

from explorers import on_page

MATRIX, STEP, UNITS = on_page("matrix"), on_page("step"), on_page("units")


@pytest.fixture
def page(read, site):
    reader = read(height=1400)
    yield reader.look(f"{site}/chapters/17_attack.html")
    assert reader.faults == []


def set_to(page: Page, explorer: str, state: dict) -> None:
    page.evaluate(f"async state => {{ await {explorer}.set(state); }}", state)


def number(page: Page, explorer: str, name: str) -> float:
    return page.evaluate(f"Array.from({explorer}.numbers('{name}'))")[0]


def test_the_page_measures_a_matrix_as_a_library_does(page):
    generator = torch.Generator().manual_seed(1)
    for _ in range(12):
        entries = (4 * torch.rand(4, generator=generator).double() - 2).mul(8).round() / 8
        set_to(page, MATRIX, dict(zip("abcd", entries.tolist(), strict=True)))
        m = entries.view(2, 2)
        assert number(page, MATRIX, "norm") == pytest.approx(
            torch.linalg.matrix_norm(m, 2).item(), abs=1e-9
        )
        values = torch.linalg.eigvals(m)
        if values.imag.abs().max() == 0:
            assert number(page, MATRIX, "high") == pytest.approx(values.real.max().item(), abs=1e-9)
            assert number(page, MATRIX, "low") == pytest.approx(values.real.min().item(), abs=1e-9)


@pytest.mark.parametrize("entries", [(3, 0, 0, 1), (0, 2, -2, 0), (1, 3, 0, 1), (-1, 0, 0, 2)])
def test_the_line_of_the_most_stretched_is_as_long_as_the_norm_on_both_sides(page, entries):
    set_to(page, MATRIX, dict(zip("abcd", entries, strict=True)))
    line = f"{MATRIX}.source.figure.data[2]"
    ends = {k: page.evaluate(f"Array.from({line}.{k})") for k in "xy"}
    lengths = [x * x + y * y for x, y in zip(*(map(float, ends[k]) for k in "xy"), strict=True)]
    norm = torch.linalg.matrix_norm(torch.tensor(entries).double().view(2, 2), 2).item()
    assert lengths == pytest.approx([norm**2] * 2, rel=1e-6)


def test_each_claim_falls_to_its_counterexample_and_not_at_the_start(page):
    goals = page.locator(".explorer-goal")
    expect(goals).to_have_count(4)
    for goal in goals.all():
        expect(goal).not_to_have_attribute("data-reached", "now")
    set_to(page, MATRIX, {"a": 1, "b": 0, "c": 0, "d": -2})
    expect(goals.nth(0)).to_have_attribute("data-reached", "now")
    set_to(page, MATRIX, {"a": 1, "b": 3, "c": 0, "d": 1})
    expect(goals.nth(1)).to_have_attribute("data-reached", "now")
    set_to(page, STEP, {"pixels": 30_000})
    expect(goals.nth(2)).to_have_attribute("data-reached", "now")
    page.locator('[data-explorer="units"]').get_by_role("button", name="Step", exact=True).click()
    expect(goals.nth(3)).to_have_attribute("data-reached", "now")


def test_descent_at_a_small_rate_lowers_the_loss_and_equal_units_never_part(page):
    for state in ({"start": -2, "pixels": 1000}, {"start": 3}, {"brightness": 0.9, "start": 1.5}):
        set_to(page, STEP, {"optimizer": "gradient descent", "lr": 1e-5} | state)
        assert number(page, STEP, "rise") < 0
    for nonlinearity in ("linear", "tanh"):
        set_to(page, UNITS, {"nonlinearity": nonlinearity, "x1": -1.5, "x2": 0.7})
        page.evaluate(f"async () => {{ await {UNITS}.step(40); }}")
        assert number(page, UNITS, "apart") < 1e-12
    set_to(page, UNITS, {"offset": 0.1})
    page.evaluate(f"async () => {{ await {UNITS}.step(5); }}")
    assert number(page, UNITS, "apart") > 0.01


def test_a_row_of_the_ledger_leads_to_its_lab(read, site):
    page = read(height=1400).open(f"{site}/chapters/10_claims.html#claims?lesson=4")
    row = page.locator("tr", has_text="S1-5f").first
    row.get_by_role("link", name="Attack it yourself").click()
    page.wait_for_url("**/17_attack.html#matrix?*")
    page.wait_for_function(f"{MATRIX}?.state().a === 1")
    assert page.evaluate(f"{MATRIX}.state()") == {"a": 1, "b": 0, "c": 0, "d": 1}
