"""Lessons away from the book: exported by nbconvert, and downloaded as notebooks."""

import shutil
import subprocess
import sys

import nbformat
import pytest
from playwright.sync_api import expect
from plotly.offline import get_plotlyjs, get_plotlyjs_version

from conftest import ROOT
from slices import sliced
from trainability.book.notebooks import notebook_paths
from trainability.book.outputs import WIDGET_MIME

CDN = f"https://cdn.plot.ly/plotly-{get_plotlyjs_version()}.min.js"


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Two chapters exported as a reader would export them."""
    folder = tmp_path_factory.mktemp("export")
    (folder / "chapters").mkdir()
    shutil.copytree(ROOT / "data", folder / "data")
    for name in ("07_svm_bias", "12_concept_inventory"):
        notebook = nbformat.read(ROOT / "chapters" / f"{name}.ipynb", as_version=4)
        if name.startswith("07"):
            notebook = sliced(notebook)
        nbformat.write(notebook, folder / "chapters" / f"{name}.ipynb")
        command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html", f"{name}.ipynb"]
        subprocess.run(command, cwd=folder / "chapters", check=True, capture_output=True)
    return folder / "chapters"


def test_an_exported_lesson_has_explorers_that_work_and_no_dead_widget(exported, read):
    path = exported / "07_svm_bias.html"
    assert WIDGET_MIME not in path.read_text(encoding="utf-8")
    page = read(answers={CDN: get_plotlyjs()}).open(path.as_uri())
    explorers = page.locator(".explorer").all()
    assert len(explorers) >= 2
    for explorer in explorers:
        status = explorer.get_by_role("status")
        before = status.inner_text()
        handle = explorer.get_by_role("slider").first
        at_end = handle.evaluate("node => node.value === node.max")
        handle.press("ArrowLeft" if at_end else "ArrowRight")
        expect(status).not_to_have_text(before)
        assert explorer.locator(".js-plotly-plot .main-svg").count() > 0
    question = page.locator(".question[data-kind=choice]").first
    question.get_by_role("radio").first.press("Space")
    question.locator("[data-action=check]").press("Enter")
    expect(question.get_by_role("status")).not_to_be_empty()


def test_an_exported_inventory_scores(exported, read):
    page = read().page
    page.goto((exported / "12_concept_inventory.html").as_uri())
    page.locator(".quiz ol > li").first.get_by_role("radio", name="false").check()
    page.get_by_role("button", name="Score").click()
    expect(page.locator(".quiz-score")).to_contain_text("1 of 30 right.")
    link = page.locator(".quiz-reply a").first.get_attribute("href")
    assert link.startswith("01_symmetry_breaking.ipynb#")


@pytest.mark.parametrize("path", notebook_paths(ROOT), ids=lambda path: path.stem)
def test_each_page_offers_its_notebook(book, path):
    name = path.relative_to(ROOT).with_suffix("")
    page = (book / name.with_suffix(".html")).read_text(encoding="utf-8")
    source = book / "_sources" / path.relative_to(ROOT)
    up = "../" if name.parent.name else ""
    assert f'href="{up}_sources/{path.relative_to(ROOT).as_posix()}"' in page
    assert nbformat.read(source, as_version=4) == nbformat.read(path, as_version=4)
