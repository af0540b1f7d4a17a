"""Products by WebAssembly's vectors: the same numbers as torch's and as the plain products."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import assembly
from conftest import serve
from trainability.explore.assets import modules

# `one` and `other` are given with their layout; `done` tells who computed.
MULTIPLY = """
  const back = (each) => typeof each === 'string' ? Number(each) : each;
  const { one, other, at, sides: [m, k, n], name } = given;
  const tensor = ({ numbers, offset, strides }) =>
    ({ data: Float32Array.from(numbers, back), offset, strides });
  const out = new Float32Array(at + m * n + 3).fill(-7);
  const done = module[name](out, at, tensor(one), tensor(other), m, k, n);
  return [done ?? null, Array.from(out, (x) => Number.isFinite(x) ? x : String(x))];
"""
sides = st.tuples(st.integers(1, 21), st.integers(1, 21), st.integers(1, 21))
layouts = st.sampled_from(["rows", "columns", "sliced", "repeated", "inside"])


def laid_out(layout: str, rows: int, columns: int, generator: torch.Generator) -> torch.Tensor:
    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    if layout == "columns":
        return drawn(columns, rows).T
    if layout == "sliced":
        return drawn(rows, 3 * columns)[:, ::3]
    if layout == "repeated":
        return drawn(1, columns).expand(rows, columns)
    if layout == "inside":
        return drawn(rows + 2, columns + 3)[1:-1, 2:-1]
    return drawn(rows, columns)


def multiplied(in_module, name, one, other, at=0):
    def as_given(tensor):
        numbers = tensor.untyped_storage()
        whole = torch.tensor([], dtype=tensor.dtype).set_(numbers)
        return {
            "numbers": [
                x if math.isfinite(x) else str(x).replace("inf", "Infinity") for x in whole.tolist()
            ],
            "offset": tensor.storage_offset(),
            "strides": [*tensor.stride()],
        }

    given = {
        "one": as_given(one),
        "other": as_given(other),
        "at": at,
        "sides": [*one.shape, other.shape[1]],
        "name": name,
    }
    file = "vectors.js" if name == "vectored" else "products.js"
    done, out = in_module(file, MULTIPLY, given)
    whole = [float(x) for x in out]
    return done, whole


@settings(derandomize=True, deadline=None, max_examples=60)
@given(sides=sides, one=layouts, other=layouts, at=st.integers(0, 5), seed=st.integers(0, 99))
@pytest.mark.parametrize("name", ["vectored", "plainProduct"])
def test_products_are_torchs_however_the_numbers_lie(in_module, name, sides, one, other, at, seed):
    m, k, n = sides
    generator = torch.Generator().manual_seed(seed)
    a, b = laid_out(one, m, k, generator), laid_out(other, k, n, generator)
    done, whole = multiplied(in_module, name, a, b, at)
    if name == "vectored":
        assert done == (m * k * n >= 500)
        if not done:
            assert whole == [-7.0] * len(whole)
            return
    # Nothing beside the product's own numbers is written to.
    assert whole[:at] == [-7.0] * at and whole[at + m * n :] == [-7.0] * 3
    found = torch.tensor(whole[at : at + m * n], dtype=torch.float64).reshape(m, n)
    torch.testing.assert_close(found, a.double() @ b.double(), rtol=1e-5, atol=1e-5)


def test_what_is_not_finite_stays_in_its_row_and_column(in_module):
    a, b = torch.ones(9, 10), torch.ones(10, 11)
    a[2, 3], a[5, 0], b[4, 6] = math.nan, math.inf, -math.inf
    for name in ("vectored", "plainProduct"):
        _, whole = multiplied(in_module, name, a, b)
        found = torch.tensor(whole[:99]).reshape(9, 11)
        torch.testing.assert_close(found, a @ b, equal_nan=True)


def test_sums_overflow_as_float32_does(in_module):
    a, b = torch.full((8, 8), 3e38), torch.eye(8)
    b[1, 0] = 1.0  # the first column adds two of them
    _, whole = multiplied(in_module, "vectored", a, b)
    assert whole[:64] == (a @ b).flatten().tolist()
    assert whole[0] == math.inf


def test_the_vectors_find_room_for_products_of_any_size(in_module):
    body = """
      const sizes = [[8, 8, 8], [700, 300, 500], [16, 16, 16]];
      return sizes.map(([m, k, n]) => {
        const filled = (count) => new Float32Array(count).fill(1);
        const matrix = (rows, columns) =>
          ({ data: filled(rows * columns), offset: 0, strides: [columns, 1] });
        const out = new Float32Array(m * n);
        return module.vectored(out, 0, matrix(m, k), matrix(k, n), m, k, n) &&
          out.every((each) => each === k);
      });
    """
    assert in_module("vectors.js", body) == [True, True, True]


def test_numbers_in_float64_are_left_to_the_plain_products(in_module):
    body = """
      const matrix = { data: new Float64Array(400), offset: 0, strides: [20, 1] };
      return module.vectored(new Float64Array(400), 0, matrix, matrix, 20, 20, 20);
    """
    assert in_module("vectors.js", body) is False


def test_a_policy_against_webassembly_leaves_the_plain_products(browser, tmp_path):
    for name, source in modules('""').items():
        (tmp_path / name).write_text(source, encoding="utf-8")
    (tmp_path / "try.js").write_text(
        """import { product } from "./products.js";
        import { vectored } from "./vectors.js";
        const matrix = { data: new Float32Array(400).fill(1), offset: 0, strides: [20, 1] };
        const out = new Float32Array(400);
        product(out, 0, matrix, matrix, 20, 20, 20);
        const alone = !vectored(out, 0, matrix, matrix, 20, 20, 20);
        document.title = `${out.every((each) => each === 20)} ${alone}`;""",
        encoding="utf-8",
    )
    (tmp_path / "index.html").write_text(
        '<!DOCTYPE html><title></title><link rel=icon href="data:,">'
        '<script type="module" src="try.js"></script>',
        encoding="utf-8",
    )
    complaints: list[str] = []
    for address in serve(tmp_path, policy="script-src 'self'"):
        page = browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/index.html")
        page.wait_for_function("document.title", polling=50)
        assert page.title() == "true true"
        assert complaints == []
        page.close()


def test_the_bytes_are_what_the_text_beside_them_says():
    assert assembly.BYTES.read_bytes() == assembly.assembled(), "run `make vectors`"
