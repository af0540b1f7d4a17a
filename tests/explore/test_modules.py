"""The page's script: modules that stand by themselves, joined without changing what they do."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from trainability.explore.assets import modules, script
from trainability.explore.bundle import bundle

SOURCES = modules('"plotly.min.js"')
NAMES = sorted(set(SOURCES) - {"page.js", "figures.js"})  # these start a page
ENTRY = 'import { a } from "./a.js";\n'


@pytest.mark.parametrize("name", NAMES)
def test_a_module_exports_by_itself_what_it_says(in_module, name):
    said = re.findall(
        r"^export (?:const|class|function|async function) (\w+)", SOURCES[name], re.MULTILINE
    )
    assert in_module(name, "return Object.keys(module);") == sorted(said)


def test_joined_modules_see_what_they_import_and_nothing_else(browser):
    page = browser.new_page()
    text = bundle(
        {
            "page.js": f"{ENTRY}window.seen = [a(), typeof hidden, typeof unasked];\n",
            "a.js": "const hidden = 2;\nexport function a() {\n  return hidden;\n}\n"
            "export const unasked = 3;\n",
        },
        "page.js",
    )
    page.evaluate(f"() => {{ {text} }}")
    assert page.evaluate("window.seen") == [2, "undefined", "undefined"]
    page.close()


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        ({"page.js": ENTRY}, "page.js imports a.js, which is not there"),
        ({"page.js": ENTRY, "a.js": "const a = 1;\n"}, r"imports \['a'\], which a.js has not"),
        (
            {"page.js": ENTRY, "a.js": 'import { b } from "./page.js";\nexport const a = 1;\n'},
            "page.js imports a.js imports page.js: a circle",
        ),
        ({"page.js": "", "a.js": ""}, r"nothing imports \['a.js'\]"),
        ({"page.js": 'import a from "./a.js";\n'}, "import a from .* is a form"),
        ({"page.js": 'const a = await import("./a.js");\n'}, "is a form that the bundler"),
        ({"page.js": "export default 1;\n"}, "export default 1;' is a form"),
        ({"page.js": "export let a = 1;\n"}, "export let a = 1;' is a form"),
        ({"page.js": "const a = 1;\nexport { a };\n"}, "export { a };' is a form"),
        ({"page.js": "const a = `1\n  2`;\n"}, "const a = `1' begins a template of several lines"),
    ],
)
def test_what_cannot_be_joined_is_refused(sources, told):
    with pytest.raises(ValueError, match=told):
        bundle(sources, "page.js")


def test_the_script_declares_nothing_for_the_page_but_its_one_name(browser):
    page = browser.new_page()
    before = set(page.evaluate("Object.keys(window)"))
    page.add_script_tag(content=script('"plotly.min.js"'))
    assert set(page.evaluate("Object.keys(window)")) - before == {"trainabilityExplorers"}
    for name in SOURCES:
        assert page.evaluate(f"typeof {name.replace('.', '_')}") == "undefined"
    page.close()


@pytest.mark.parametrize(
    ("after", "read"),
    [
        ("#hero?depth=50&seed=2", ["hero", {"depth": "50", "seed": "2"}]),
        ("#hero%3Fdepth%3D50%26seed%3D2", ["hero", {"depth": "50", "seed": "2"}]),
        ("#hero%253Fdepth%253D50", ["hero", {"depth": "50"}]),
        ("#hero?depth=50&amp;seed=2", ["hero", {"depth": "50", "seed": "2"}]),
        ("#hero?word=50%25&depth=1", ["hero", {"word": "50%", "depth": "1"}]),
        ("#a-section", ["a-section", None]),
        ("", ["", None]),
    ],
)
def test_an_address_is_read_as_it_was_meant(in_module, after, read):
    body = """module.addressed.set("hero", ["depth", "seed", "word"]);
      location.hash = given;
      const { name, values } = module.readAddress();
      return [name, values && Object.fromEntries(values)];"""
    assert in_module("address.js", body, after) == read


def test_a_flat_list_becomes_rows(in_module):
    body = "return module.rows(new Float64Array(given), 3).map((row) => Array.from(row));"
    assert in_module("codec.js", body, [1, 2, 3, 4, 5, 6]) == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(("value", "text"), [(0.1 + 0.2, "0.3"), (1e-7, "1e-7"), (12, "12")])
def test_numbers_are_written_short(in_module, value, text):
    assert in_module("table.js", "return module.written(given);", value) == text


def test_a_fault_in_a_script_is_found(tmp_path):
    tool = Path(sys.executable).with_name("oxlint")
    (tmp_path / "a.js").write_text("export const a = nowhere + 1;\n")
    command = [tool, "--config", ROOT / ".oxlintrc.json", tmp_path]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode != 0 and "'nowhere' is not defined" in found.stdout
