"""Assemble the runtime's vectors: ``static/product.wasm`` from ``static/product.wat``.

``python -m trainability.programs.assembly`` writes the file, which is committed: it needs
wasmtime, and neither pages nor builds do.
"""

from importlib.resources import as_file, files

_STATIC = files("trainability.programs").joinpath("static")


def assembled() -> bytes:
    """Return ``product.wat`` in WebAssembly's binary form."""
    from wasmtime import wat2wasm

    return bytes(wat2wasm(_STATIC.joinpath("product.wat").read_text(encoding="utf-8")))


if __name__ == "__main__":
    with as_file(_STATIC.joinpath("product.wasm")) as path:
        path.write_bytes(assembled())
