"""The files in requirements/, which every installation of a clone comes from."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETS = ("build", "run", "web", "test", "dev", "sbom")


MACHINES = [
    {
        "python_version": f"3.{minor}",
        "python_full_version": f"3.{minor}.1",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "sys_platform": "linux",
    }
    for minor in range(11, 15)
    for machine in ("x86_64", "aarch64")
]


def applies(requirement: Requirement, machine: dict[str, str]) -> bool:
    """Tell whether something is installed on that machine."""
    return requirement.marker is None or requirement.marker.evaluate(machine)


def locked(name: str) -> dict[str, tuple[Requirement, list[str]]]:
    """Return what a file installs, with its hashes, by name."""
    found: dict[str, tuple[Requirement, list[str]]] = {}
    text = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if line and not line.strip().startswith("#"):
            what, *hashes = line.split(" --hash=")
            requirement = Requirement(what.strip())
            assert requirement.name not in found, "one version serves every platform"
            found[requirement.name] = (requirement, [each.strip() for each in hashes])
    return found


def declared(name: str) -> list[Requirement]:
    """Return what pyproject.toml asks for in that set."""
    extras = PROJECT["project"]["optional-dependencies"]
    texts = {
        "build": PROJECT["dependency-groups"]["build"],
        "sbom": PROJECT["dependency-groups"]["sbom"],
        "run": PROJECT["project"]["dependencies"],
        "web": PROJECT["project"]["dependencies"] + extras["web"],
        "test": PROJECT["project"]["dependencies"] + extras["test"] + extras["web"],
        "dev": [
            *PROJECT["project"]["dependencies"],
            *(each for name in ("dev", "test", "web") for each in extras[name]),
        ],
    }
    wanted = [Requirement(text) for text in texts[name]]
    return [each for each in wanted if each.name != "onboardee"]


@pytest.mark.parametrize("name", SETS)
def test_each_package_is_pinned_by_its_hash(name: str) -> None:
    """Nobody can install anything but the files that the tests passed with."""
    for requirement, hashes in locked(name).values():
        assert requirement.url is None
        assert [each.operator for each in requirement.specifier] == ["=="]
        assert hashes
        assert all(each.startswith("sha256:") for each in hashes)


@pytest.mark.parametrize("name", SETS)
def test_what_pyproject_asks_for_is_locked(name: str) -> None:
    """Every dependency is there, in a version that is allowed: else run `./try lock`."""
    for wanted in declared(name):
        requirement, _ = locked(name)[wanted.name.lower()]
        (pin,) = requirement.specifier
        assert pin.version in wanted.specifier
        for machine in MACHINES:
            assert applies(requirement, machine) == applies(wanted, machine)


def test_all_sets_have_the_same_versions() -> None:
    """What the demo runs with is what was tested and checked."""
    everything = locked("dev")
    for name in ("run", "web", "test"):
        for package, (requirement, _) in locked(name).items():
            assert requirement.specifier == everything[package][0].specifier


def test_what_builds_the_package_is_locked() -> None:
    """A clone is installed without a build environment that pip fills from the network."""
    for text in PROJECT["build-system"]["requires"]:
        assert text in PROJECT["dependency-groups"]["build"]


@pytest.mark.parametrize("name", SETS)
def test_no_place_is_named(name: str) -> None:
    """Where packages are fetched from is the user's affair."""
    assert "://" not in (ROOT / "requirements" / f"{name}.txt").read_text()
