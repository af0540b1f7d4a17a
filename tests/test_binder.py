"""``environment.yml`` as Binder's own builder reads it, without conda and without a container."""

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from repo2docker import buildpacks
from repo2docker.buildpacks import CondaBuildPack

from conftest import ROOT

# What conda-forge calls the packages whose name differs from PyPI's.
PYPI_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib"}


@pytest.fixture
def pack(monkeypatch) -> CondaBuildPack:
    """The plan that repo2docker makes for this repository."""
    monkeypatch.chdir(ROOT)
    plan = CondaBuildPack("buildpack-deps:jammy")
    plan.platform = "linux/amd64"
    return plan


def conda_entries() -> list[str]:
    entries = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    return [entry for entry in entries if isinstance(entry, str)]


def needs(requirement: Requirement) -> list[Requirement]:
    """What an installed package asks for, with the extras named."""
    asked = map(Requirement, distribution(requirement.name).requires or ())
    extras = requirement.extras or {""}
    return [
        need
        for need in asked
        if need.marker is None or any(need.marker.evaluate({"extra": one}) for one in extras)
    ]


def closure(*asked: str) -> dict[str, int]:
    """Bytes of the installed packages asked for, and of all that they need."""
    sizes: dict[str, int] = {}
    waiting = [Requirement(one) for one in asked]
    seen = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if (name, *sorted(requirement.extras)) in seen:
            continue
        seen.add((name, *sorted(requirement.extras)))
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        paths = [Path(str(found.locate_file(part))) for part in found.files or ()]
        sizes[name] = sum(path.stat().st_size for path in paths if path.is_file())
        waiting += needs(requirement)
    return sizes


def test_binder_takes_the_conda_file_and_starts_from_its_python(pack):
    assert pack.detect()
    wanted = next(entry for entry in conda_entries() if entry.startswith("python="))
    assert pack.python_version == wanted.removeprefix("python=")
    frozen = f"environment.py-{pack.python_version}-linux-64.lock"
    assert (Path(buildpacks.__file__).parent / "conda" / frozen).exists()


def test_a_range_of_pythons_would_start_from_one_too_old(tmp_path, monkeypatch):
    text = (ROOT / "environment.yml").read_text().replace("python=3.12", "python>=3.11")
    (tmp_path / "environment.yml").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert CondaBuildPack("buildpack-deps:jammy").python_version == "3.10"


def test_binder_copies_the_book_before_it_installs_the_package(pack):
    steps = pack.render({"NB_UID": "1000", "NB_USER": "reader"})
    copied = steps.index("COPY --chown=1000:1000 src/ ${REPO_DIR}/")
    assert copied < steps.index("env update -p ${NB_PYTHON_PREFIX} --file")
    assert steps.count("env update") == 1


def test_every_conda_package_is_one_we_have_and_covers_what_pip_would_fetch():
    names = [re.match(r"[a-z0-9-]+", entry).group() for entry in conda_entries()]
    given = {PYPI_NAMES.get(name, name) for name in names} - {"python", "pip"}
    for name in given:
        assert distribution(name).version, name
    own = {need.name for need in needs(Requirement("trainability[lessons]"))}
    assert {"torch", "plotly"} <= own
    assert own <= given  # or pip would bring its own builds, torch's of several gigabytes


def test_no_build_for_a_gpu_is_asked_for():
    text = "\n".join(conda_entries())
    assert not re.search(r"cuda|gpu|nvidia|rocm", text)
    assert not re.search(r"=\S*=", re.sub(r"[<>]=", "", text)), "a build string"


def test_the_image_is_about_as_large_as_the_readme_says():
    stated = re.search(r"about ([\d.]+) GB, of which ([\d.]+)", (ROOT / "README.md").read_text())
    whole, packages = map(float, stated.groups())
    found = closure("trainability[lessons]", "jupyterlab")
    accelerated = re.compile("torch|nvidia|cuda|triton")  # large where a GPU build is installed
    measured = sum(size for name, size in found.items() if not accelerated.match(name)) / 1e9
    assert measured == pytest.approx(packages, abs=0.15)
    assert packages < whole < 4
