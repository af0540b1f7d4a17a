"""Kernels that die: at their start, which another start mends, and at work, which none does."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from trainability.book.records import Client, execute_notebook

# A kernel that dies at its first starts, as one does whose port another program has taken.
LATE = """
import pathlib, runpy, sys
starts = pathlib.Path({log!r})
starts.write_text(starts.read_text() + "x" if starts.exists() else "x")
if len(starts.read_text()) <= {deaths}:
    sys.exit(1)
sys.argv = ["ipykernel_launcher", *sys.argv[1:]]
runpy.run_module("ipykernel_launcher", run_name="__main__")
"""


@pytest.mark.parametrize(("deaths", "starts"), [(2, 3), (9, 5)])
def test_a_kernel_that_never_answered_is_started_again(deaths, starts, tmp_path, monkeypatch):
    log = tmp_path / "starts"
    kernel = tmp_path / "jupyter/kernels/late"
    kernel.mkdir(parents=True)
    (kernel / "late.py").write_text(LATE.format(log=str(log), deaths=deaths))
    command = [sys.executable, str(kernel / "late.py"), "-f", "{connection_file}"]
    spec = {"argv": command, "display_name": "Late", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    notebook = new_notebook(cells=[new_code_cell("print(1 + 1)", id="sum")])
    notebook.metadata["kernelspec"] = {"name": "late", "display_name": "Late"}
    with ThreadPoolExecutor(1) as thread:
        work = thread.submit(execute_notebook, lambda: Client(notebook, tmp_path, 60), {})
        died = work.exception()
    assert log.read_text() == "x" * starts
    if deaths < starts:
        assert died is None and notebook.cells[0].outputs[0].text == "2\n"
    else:
        assert "died" in str(died)


def test_a_kernel_that_dies_at_work_is_not_started_again(tmp_path):
    begun = tmp_path / "begun"
    code = f"open({str(begun)!r}, 'a').write('x')\nimport os\nos._exit(1)"
    notebook = new_notebook(cells=[new_code_cell(code, id="dies")])
    with ThreadPoolExecutor(1) as thread:
        work = thread.submit(execute_notebook, lambda: Client(notebook, tmp_path, 60), {})
        assert "died" in str(work.exception()).lower()
    assert begun.read_text() == "x"
