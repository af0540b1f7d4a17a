"""``make bench``: every speed that the book claims, measured again, against its bound.

Each line is a figure from this run beside its bound. The exit status is 1 when any is
beyond it. Nothing else should run on the machine meanwhile. ``python -m benchmarks reading``
measures one part alone.
"""

import argparse
import sys

from benchmarks import (
    building,
    cafe,
    devices,
    kernel_svm,
    layerwise,
    lighthouse,
    programs,
    propagation,
    reading,
)

PAGE = (reading, lighthouse, building)
MODULES = {
    module.__name__.rpartition(".")[2]: module
    for module in (propagation, devices, layerwise, kernel_svm, cafe, programs, *PAGE)
}


def main() -> int:
    """Run all benchmarks, or those named, print a line each, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", type=_part, help=", ".join(MODULES))
    failed = False
    for name in parser.parse_args().parts or MODULES:
        for measure in MODULES[name].measure():
            print(measure, flush=True)
            failed |= not measure.within
    return int(failed)


def _part(name: str) -> str:
    if name not in MODULES:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(MODULES)}")
    return name


if __name__ == "__main__":
    sys.exit(main())
