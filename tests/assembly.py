"""Assemble the vectors of the page's runtime, which are committed: ``make vectors``."""

from pathlib import Path

from wasmtime import wat2wasm

TEXT = Path(__file__).parents[1] / "lib/trainability/programs/static/product.wat"
BYTES = TEXT.with_suffix(".wasm")


def assembled() -> bytes:
    """Return the text in WebAssembly's binary form."""
    return bytes(wat2wasm(TEXT.read_text(encoding="utf-8")))


if __name__ == "__main__":
    BYTES.write_bytes(assembled())
