"""`--device 'lamp-*'`: one command for several devices."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from test_cli_run import ONBOARDEE

from onboardee.device.cli import main

FLEET = """
groups:
- {profile: light, count: 3, name: "lamp-{n}"}
- {profile: door}
"""


@pytest.fixture(scope="module", params=["--state-dir", "--state-file"])
def home(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Run three lamps and a door, with directories and with one file."""
    folder = tmp_path_factory.mktemp("patterns")
    file, home = folder / "fleet.yaml", folder / "state"
    file.write_text(FLEET)
    command = [*ONBOARDEE, "run", str(file), "--host", "127.0.0.1", request.param, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = 0
        while ready < 4:
            ready += "device.ready" in process.stdout.readline()
        yield home
        process.terminate()


def _done(home: Path, group: str, *words: str) -> Result:
    return CliRunner().invoke(main, [group, "--state-dir", str(home), *words])


def test_a_command_is_done_for_each_that_matches(home: Path) -> None:
    """Its result stands below the name of each; the door is left alone."""
    done = _done(home, "ctl", "--device", "lamp-*", "set", "/light/switch#value", "true")
    assert [line for line in done.output.splitlines() if line.endswith(":")] == [
        "lamp-1:",
        "lamp-2:",
        "lamp-3:",
    ]
    asked = _done(home, "ctl", "--device", "lamp-[13]", "--json", "get", "/light/switch#value")
    assert [json.loads(line) for line in asked.output.splitlines()] == [
        {"device": "lamp-1", "result": True},
        {"device": "lamp-3", "result": True},
    ]


def test_what_fails_for_one_is_told_and_the_others_have_it(home: Path) -> None:
    """The exit code says that something failed."""
    done = _done(home, "ctl", "--device", "*", "--json", "get", "/light/switch")
    assert done.exit_code == 1
    assert "Error: door: " in done.output
    assert sum(line.startswith("{") for line in done.output.splitlines()) == 3


def test_svr_commands_take_patterns_as_well(home: Path) -> None:
    """One line of JSON for each device."""
    found = CliRunner().invoke(
        main, ["svr", "show", "--state-dir", str(home), "--device", "lamp-?", "--json"]
    )
    told = [json.loads(line) for line in found.output.splitlines()]
    assert [each["device"] for each in told] == ["lamp-1", "lamp-2", "lamp-3"]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--device", "bulb-*", "state"), 1, "no device in"),
        (("--device", "lamp-*", "watch"), 2, "watch takes no pattern"),
        (("--device", "*", "devices"), 2, "devices takes no pattern"),
    ],
)
def test_a_pattern_that_means_nothing_is_refused(
    home: Path, words: tuple[str, ...], code: int, sentence: str
) -> None:
    """No device matches, or the command is about one or about all anyway."""
    done = _done(home, "ctl", *words)
    assert (done.exit_code, sentence in done.output) == (code, True)
