"""What programs are told when a command of `onboardee obt` fails: one object, a stable code."""

import json
from dataclasses import replace as replace_record
from typing import Any

import click
import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from obt_home import Home

from onboardee.device.cli import main
from onboardee.device.cli.obt import COMMANDS
from onboardee.device.cli.obt.failing import failure
from onboardee.device.simulation.profile import OwnerTransferMethod, load
from onboardee.device.testing.threaded import DeviceThread
from onboardee.obt import Address, NoAnswerError, OnboardingError
from onboardee.obt.database import DatabaseBusyError, DatabaseError


def told(home: Home, *arguments: str, code: int, given: str | None = None) -> dict[str, Any]:
    """Run a sub-command that fails; return the last line that a program reads."""
    said = home.obt(*arguments, "--json", code=code, given=given)
    value: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return value


def test_a_device_refuses(home: Home) -> None:
    """The code, the device's own reason, the device, the step, what was expected and what came."""
    kitchen = home.json("ls")[0]["uuid"]
    value = told(home, "read", "kitchen", "/nothing", code=1)
    assert value["error"] == "not-found"
    assert value["device"] == kitchen
    assert value["reason"] == "the device has nothing of that name"
    assert value["step"].endswith("(GET /nothing)")
    assert (value["expected"][:4], value["came"][:24]) == ("2.05", "the device answered 4.04")
    assert "4.04" in value["message"]


def test_a_device_of_somebody_else(home: Home) -> None:
    """A device that has an owner says so, by a code of its own."""
    value = told(home, "own", home.lights[0].coap, code=1)
    assert (value["error"], value["reason"]) == ("already-owned", "already owned")


def test_a_wrong_pin(home: Home) -> None:
    """The device is named, and that the PIN was wrong."""
    profile = load("light")
    pin_only = replace(profile.ownership, methods=(OwnerTransferMethod.RANDOM_PIN,))
    with DeviceThread(replace(profile, ownership=pin_only)) as light:
        value = told(home, "own", light.coap, "--pin", "00000000", code=1)
        assert (value["error"], value["device"]) == ("wrong-pin", str(light.uuid))


def test_the_database_refuses(home: Home) -> None:
    """What is known without asking a device is told like the rest."""
    home.obt("link", "kitchen", "hall")
    assert told(home, "link", "kitchen", "hall", code=1)["error"] == "refused"
    assert told(home, "read", "cellar", "/x", code=1)["error"] == "database"
    kitchen = home.json("ls")[0]["uuid"]
    value = told(home, "forget", "kitchen", code=1)
    assert (value["error"], value["device"]) == ("refused", kitchen)


def test_something_remains(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """With exit code 3 the operation and the command that goes on with it are told."""
    monkeypatch.setattr("onboardee.device.cli.reaching.PATIENCE", 0.2)
    home.obt("link", "kitchen", "hall")
    with home.database() as database:
        record = database.devices.find("hall")
        away = Address("127.0.0.1", 9)
        database.devices.put(replace_record(record, secured=(away,), plain=away))
    value = told(home, "unlink", "kitchen", "hall", code=3)
    assert (value["error"], value["device"]) == ("unfinished", str(record.uuid))
    assert value["command"] == f"onboardee obt resume {value['operation']}"


@pytest.mark.parametrize("command", [*COMMANDS])
def test_wrong_usage_of_every_command(home_less: list[str], command: str) -> None:
    """An option that is not there is told as JSON by every command, with exit code 2."""
    said = CliRunner().invoke(main, [*home_less, command, "--no-such-option", "1", "--json"])
    assert said.exit_code == 2
    (line,) = said.stdout.splitlines()
    assert json.loads(line)["error"] == "usage"


@pytest.fixture(name="home_less")
def database_of_nobody(tmp_path: Any) -> list[str]:
    """Return the arguments that lead to a database without devices."""
    return ["obt", "--store", str(tmp_path / "obt.db")]


def test_wrong_usage_of_the_group(home_less: list[str]) -> None:
    """Before the sub-command, too; people read the sentence on standard error as ever."""
    said = CliRunner().invoke(main, ["obt", "--json", "--no-such-option", *home_less[1:]])
    assert said.exit_code == 2
    assert json.loads(said.stdout)["error"] == "usage"
    assert "No such option" in said.stderr
    said = CliRunner().invoke(main, [*home_less, "fly", "--json"])
    assert json.loads(said.stdout)["error"] == "usage"
    assert not CliRunner().invoke(main, [*home_less, "fly"]).stdout


def test_somebody_gives_it_up(home_less: list[str]) -> None:
    """Ctrl-C at a question is an error like others."""
    said = CliRunner().invoke(main, [*home_less, "let-pair", "x", "--json"], input="")
    assert said.exit_code == 1
    assert json.loads(said.stdout.splitlines()[-1])["error"] == "interrupted"


def test_the_menu_goes_on(home_less: list[str]) -> None:
    """In the menu each error is a line, and the next question follows."""
    said = CliRunner().invoke(main, [*home_less, "menu", "--json"], input="40\n34\n99\n")
    assert said.exit_code == 0
    # older versions of click echo what is typed
    told = [json.loads(line) for line in said.stdout.splitlines() if line.startswith("{")]
    assert [each["error"] for each in told] == ["failed", "failed"]


def test_codes_of_kinds() -> None:
    """What went wrong first decides: a step fails because nothing answered."""
    silent = OnboardingError("read (GET /x)", expected="2.05", came="no answer in time")
    silent.__cause__ = NoAnswerError("no answer in time")
    assert failure(silent)["error"] == "no-answer"
    assert failure(DatabaseBusyError("x"))["error"] == "database-busy"
    assert failure(DatabaseError("x"))["error"] == "database"
    assert failure(PermissionError("x"))["error"] == "system"
    assert failure(click.ClickException("x"))["error"] == "failed"
    assert failure(click.UsageError("x"))["error"] == "usage"
    odd = OnboardingError("read (GET /x)", expected="a map", came="a list")
    assert failure(odd)["error"] == "unexpected-answer"
