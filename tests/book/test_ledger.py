"""The ledger, the wrong answers and the thirty statements as a reader meets them."""

import json
import re
from collections import Counter

import nbformat
import pytest
from playwright.sync_api import expect

from conftest import ROOT
from trainability.ledger import read_answers, tally
from trainability.ledger import tests_by_claim as held_by_claim
from trainability.ledger.claims import LEDGER, read_claims

CLAIMS = read_claims(ROOT)
INVENTORY = json.loads((ROOT / LEDGER).read_text(encoding="utf-8"))["inventory"]
PLAIN = {"java_script_enabled": False}


@pytest.fixture
def opened(read, site):
    """Open a chapter with the network cut; nothing may fail or go out."""
    readers = []

    def open_chapter(name, query="", **options):
        reader = read(**options)
        readers.append((reader, options))
        reader.page.goto(f"{site}/chapters/{name}.html{query}")
        return reader.page

    yield open_chapter
    for reader, options in readers:
        assert reader.strangers == []
        # Without scripts a browser gives up what it had begun to fetch for them.
        # And a page that is loaded anew gives up the icon that it was fetching.
        faults = [fault for fault in reader.faults if not fault.endswith("/favicon.svg")]
        assert faults == [] or options == PLAIN


def shown(page):
    rows = page.locator('[data-listing="claims"] tbody tr:visible')
    return [row.get_attribute("id") for row in rows.all()]


def test_every_claim_has_a_row_with_its_verdict_its_tests_and_a_section_that_exists(opened, book):
    page = opened("10_claims", **PLAIN)
    rows = page.locator('[data-listing="claims"] tbody tr')
    assert rows.count() == len(CLAIMS) == 96
    assert page.locator('[data-listing="proofs"] tbody tr').count() == 18
    held = held_by_claim(ROOT)
    for claim, row in zip(CLAIMS.values(), rows.all(), strict=True):
        text = row.inner_text()
        assert text.startswith(claim.id) and claim.reading in text and claim.verdict in text
        assert claim.reading_verdict in text
        assert ("Nobody said this." in text) == (not claim.quote)
        quote = claim.quote.partition("$")[0].replace("`", "").replace("**", "")
        assert quote.strip() in text, claim.id
        assert len(held[claim.id]) == text.count("(tests/")
        file, _, anchor = row.locator("a").first.get_attribute("href").partition("#")
        target = (book / "chapters" / file).read_text(encoding="utf-8")
        assert re.search(rf'<section [^>]*id="{re.escape(anchor)}"', target), (claim.id, anchor)


def test_filters_and_search_leave_what_fits_and_write_the_address(opened):
    page = opened("10_claims")
    count = page.locator(".listing-count").first
    expect(count).to_have_text("96 rows")
    search = page.locator(".listing").first.get_by_label("search")
    page.get_by_label("lesson").select_option("2")
    page.get_by_role("combobox", name="verdict", exact=True).select_option("false")
    wanted = [c.id for c in CLAIMS.values() if c.lesson == 2 and c.verdict == "false"]
    assert shown(page) == [f"claims.{name}" for name in wanted]
    expect(count).to_have_text(f"{len(wanted)} of 96 rows")
    expect(page).to_have_url(re.compile("#claims[?]lesson=2&verdict=false$"))
    search.fill("MAX pool")
    rows = {row.get_attribute("id"): row.text_content().lower() for row in page.locator("tr").all()}
    fitting = [
        f"claims.{n}" for n in wanted if all(w in rows[f"claims.{n}"] for w in ("max", "pool"))
    ]
    assert 0 < len(fitting) < len(wanted) and shown(page) == fitting
    search.fill("no such words")
    expect(count).to_have_text("0 of 96 rows")


def test_a_link_sets_the_filters_and_a_link_to_a_row_finds_it(opened):
    page = opened("10_claims", "#claims?source=forum%20thread&verdict=true")
    wanted = [c for c in CLAIMS.values() if c.document == "forum thread" and c.verdict == "true"]
    assert shown(page) == [f"claims.{claim.id}" for claim in wanted]
    expect(page.get_by_label("source")).to_have_value("forum thread")
    page.evaluate("location.hash = '#claims.S3-3b,c'")
    row = page.locator('[id="claims.S3-3b,c"]')
    expect(row).to_be_in_viewport()
    expect(page.locator(".listing-count").first).to_have_text("96 rows")
    page.evaluate("location.hash = '#claims?lesson=77&nonsense=%3Cb%3E'")
    count = page.locator(".listing-count").first
    expect(count).to_have_text("96 rows. This list has no lesson=77, nonsense=<b>.")


def test_a_short_list_without_facets_has_no_filters(opened):
    page = opened("13_teaching")
    lessons = page.locator('[data-listing="lessons"]')
    assert lessons.locator("tbody tr:visible").count() == 9
    assert lessons.locator(".listing-filters, .listing-count").locator("visible=true").count() == 0
    first = lessons.locator("tbody tr").first
    assert first.get_by_role("link").get_attribute("href") == "01_symmetry_breaking.html"
    assert "verdicts" in first.inner_text() and "25 minutes" in first.inner_text()


@pytest.mark.parametrize(
    "name",
    ["10_claims", "11_wrong_answers", "12_concept_inventory", "13_teaching", "16_inventory_key"],
)
def test_the_pages_fit_a_phone(opened, name):
    page = opened(name, width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_wrong_answers_are_the_false_claims_with_their_reasons(opened):
    page = opened("11_wrong_answers", **PLAIN)
    false = [claim for claim in CLAIMS.values() if claim.judged == "false"]
    rows = page.locator(".listing tbody tr")
    assert rows.count() == len(false) >= 20
    for claim, row in zip(false, rows.all(), strict=True):
        cells = row.locator("td")
        assert cells.nth(1).inner_text() and claim.id in cells.nth(2).inner_text()
        assert row.get_attribute("id") == f"wrong.{claim.id}"


def judge(page, number, answer):
    page.locator(".quiz ol > li").nth(number).get_by_role("radio", name=answer).check()


def test_the_inventory_scores_first_and_explains_when_asked(opened):
    page = opened("12_concept_inventory")
    quiz, status = page.locator(".quiz"), page.locator(".quiz-score")
    score = quiz.get_by_role("button", name="Score")
    score.press("Enter")
    expect(status).to_have_text("Judge some statements first.")
    for number, name in enumerate(INVENTORY[:29]):
        claim = CLAIMS[name]
        wrong = next(word for word in ("true", "false") if word != claim.judgment)
        judge(page, number, wrong if number < 4 else claim.judgment)
    score.press("Enter")
    expect(status).to_contain_text("25 of 30 right. Not judged: 30. By lesson: lesson 1: 1 of 5;")
    assert quiz.locator(".quiz-reply:visible").count() == 0
    quiz.get_by_role("button", name="Show the answers").press("Enter")
    replies = quiz.locator(".quiz-reply")
    expect(replies.nth(0)).to_contain_text(f"Not so. It is {CLAIMS[INVENTORY[0]].judgment}.")
    expect(replies.nth(28)).to_contain_text("Right.")
    link = replies.nth(0).get_by_role("link")
    assert link.get_attribute("href") == CLAIMS[INVENTORY[0]].address()
    quiz.get_by_role("button", name="Start again").press("Enter")
    assert quiz.locator("input:checked").count() == quiz.locator(".quiz-reply:visible").count() == 0
    expect(page.locator(".quiz-past")).to_contain_text("25 of 30 on 20")
    page.reload()
    expect(page.locator(".quiz-past")).to_contain_text("25 of 30 on 20")


def test_a_browser_that_keeps_nothing_or_nonsense_still_scores(opened):
    page = opened("12_concept_inventory")
    page.evaluate("localStorage.setItem('trainability.quiz.inventory', '[{\"day\": 3}, 7, null]')")
    page.reload()
    assert page.locator(".quiz-past").is_hidden()
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
    judge(page, 0, "true")
    page.locator(".quiz").get_by_role("button", name="Score").click()
    expect(page.locator(".quiz-score")).to_contain_text("of 30 right")


def test_without_scripts_the_statements_are_there_and_the_key_on_its_own_page(opened):
    page = opened("12_concept_inventory", **PLAIN)
    assert page.locator(".quiz ol > li").count() == 30
    assert page.get_by_role("link", name="The key").get_attribute("href") == "16_inventory_key.html"
    page.emulate_media(media="print")
    for hidden in (".quiz-actions", ".quiz-save", ".quiz-reply"):
        assert page.locator(hidden).locator("visible=true").count() == 0
    page = opened("16_inventory_key", **PLAIN)
    key = page.locator('[data-listing="key"] tbody tr')
    answers = [row.locator("td").nth(2).inner_text() for row in key.all()]
    assert answers == [CLAIMS[name].judgment for name in INVENTORY]


def test_answers_are_saved_as_a_file_that_a_teacher_can_read(opened, tmp_path):
    page = opened("12_concept_inventory")
    for number, name in enumerate(INVENTORY[:3]):
        judge(page, number, CLAIMS[name].judgment)
    assert page.locator(".quiz-save").is_hidden()
    page.get_by_role("button", name="Score").press("Enter")
    page.get_by_label("Your name or number").fill('=Ada "the first", 7')
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a file").press("Enter")
    assert re.fullmatch(r"inventory-20\d\d-\d\d-\d\d\.csv", download.value.suggested_filename)
    download.value.save_as(tmp_path / "ada.csv")
    (found,) = read_answers(tmp_path, 30)
    key = [CLAIMS[name].judgment for name in INVENTORY]
    assert found.name == '=Ada "the first", 7' and found.right(key) == 3
    line = (tmp_path / "ada.csv").read_text(encoding="utf-8").splitlines()[1]
    assert line.startswith("\"'=Ada")  # no formula for a spreadsheet


def test_the_landing_page_and_the_ledger_count_alike(read, site):
    sentence = tally(CLAIMS, held_by_claim(ROOT))
    counts = Counter(claim.verdict for claim in CLAIMS.values())
    said = 96 - counts["no claim"]
    start = f"96 rows. {said} claims in the words of their sources: {counts['true']} true, "
    assert sentence.startswith(start)
    for name in ("index", "chapters/10_claims"):
        page = read(**PLAIN).page
        page.goto(f"{site}/{name}.html")
        expect(page.locator("article")).to_contain_text(sentence)


def test_the_landing_page_calls_each_lesson_by_its_own_title():
    cells = nbformat.read(ROOT / "index.ipynb", as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    listed = dict(re.findall(r"^\| \d \| \[(.+?)\]\((chapters/\S+?\.ipynb)\)", text, re.MULTILINE))
    assert len(listed) == 9
    for title, path in listed.items():
        first = nbformat.read(ROOT / path, as_version=4).cells[0].source
        assert first.startswith(f"# {title}\n"), path
