"""What other projects may rely on."""

import importlib
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import onboardee
from onboardee import svrdb, testing
from onboardee.device.security.factory import new_database
from onboardee.svrdb import open_directory
from onboardee.wire.entropy import SeededEntropy

MODULES = ("onboardee", "onboardee.testing", "onboardee.svrdb", "onboardee.obt")


@pytest.mark.parametrize("name", MODULES)
def test_each_public_name_is_there(name: str) -> None:
    """Whatever `__all__` names can be imported."""
    module = importlib.import_module(name)
    for each in module.__all__:
        assert getattr(module, each) is not None


def test_what_the_package_itself_has() -> None:
    """The version, devices, and both ways to a database."""
    assert onboardee.__version__ == version("onboardee")
    assert onboardee.fake_device is testing.fake_device
    assert onboardee.open_database is svrdb.open_existing
    assert onboardee.read_database is svrdb.read_existing


@pytest.mark.parametrize("name", ["onboardee.device", "onboardee.wire"])
def test_what_is_not_public_says_so(name: str) -> None:
    """Whoever looks a package up is told not to rely on it."""
    module = importlib.import_module(name)
    assert not hasattr(module, "__all__")
    assert "Not public" in (module.__doc__ or "")


def test_the_import_is_cheap() -> None:
    """`import onboardee` loads nothing else of the package, nor any library."""
    code = (
        "import sys, onboardee; print([n for n in sys.modules if n.startswith('onboardee.')"
        " or n in ('asyncio', 'click', 'msgspec', 'cryptography', 'importlib.metadata')])"
    )
    said = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert said.stdout.strip() == "[]"


def test_a_device_of_ones_own(tmp_path: Path) -> None:
    """A profile, a database and a source of randomness are all that a device needs."""
    profile = onboardee.load_profile("light")
    with open_directory(tmp_path, lambda: new_database(profile, SeededEntropy(1))):
        pass
    with onboardee.open_database(tmp_path) as store:
        device = onboardee.boot(profile, store, onboardee.Surroundings(entropy=SeededEntropy(2)))
        assert isinstance(device, onboardee.Device)
        device.start([], 0.0)
        assert device.profile is profile
        assert onboardee.read_database(tmp_path) == store.current


def test_a_name_that_does_not_exist() -> None:
    """It is refused as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(onboardee, "nothing")  # noqa: B009 - for the type checker it does not exist


def test_help_loads_no_device() -> None:
    """`onboardee --help` imports neither the device nor its libraries, and so is quick."""
    code = (
        "import sys; from onboardee.device.cli import main; main(['--help'], standalone_mode=False)"
        "; print([n for n in ('cryptography', 'aiocoap', 'msgspec', 'onboardee.svrdb')"
        " if n in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout.splitlines()[-1] == "[]"


def test_completion() -> None:
    """The shell is offered the sub-commands, as docs/api.md has it."""
    environment = os.environ | {
        "_ONBOARDEE_COMPLETE": "bash_complete",
        "COMP_WORDS": "onboardee pro",
        "COMP_CWORD": "1",
    }
    code = "from onboardee.device.cli import main; main(prog_name='onboardee')"
    said = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "plain,profiles" in said.stdout.splitlines()
