"""`onboardee run` with several devices in one process."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from test_cli_run import ONBOARDEE, onboardee

from onboardee.device.cli.connection import Connection

TWO_LIGHTS = """
devices:
  - extends: light
    device: {name: Left}
  - extends: light
    device: {name: Right}
"""


@contextmanager
def running(count: int, *words: str) -> Iterator[list[dict[str, object]]]:
    """Run devices; yield their events device.ready, and end them in an orderly way."""
    command = [*ONBOARDEE, "run", *words, "--host", "127.0.0.1", "--log-format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            ready: list[dict[str, object]] = []
            while len(ready) < count:
                event = json.loads(process.stdout.readline())
                if event["event"] == "device.ready":
                    ready.append(event)
            yield ready
            process.terminate()
            assert process.wait(20) == 0
        finally:
            process.kill()


def test_each_device_is_one_of_its_own(tmp_path: Path) -> None:
    """Profiles and files with several devices run together; each is named, found and steered."""
    home, file = tmp_path / "home", tmp_path / "lights.yaml"
    file.write_text(TWO_LIGHTS)
    with running(3, "door", str(file), "--state-dir", str(home)) as ready:
        assert {event["device"] for event in ready} == {"Front door", "Left", "Right"}
        assert len({event["device_uuid"] for event in ready}) == 3
        assert len({str(event["endpoints"]) for event in ready}) == 3
        names = sorted(place.name for place in home.iterdir())
        assert names == ["door-front-door", "lights-left", "lights-right"]
        with Connection(home / "lights-left") as left:
            assert left.ask("state")["name"] == "Left"


def test_the_whole_catalogue_runs(tmp_path: Path) -> None:
    """All built-in devices start in one process."""
    names = onboardee("profiles", "list", "--json").stdout
    count = len(json.loads(names))
    with running(count, "--all", "--state-dir", str(tmp_path / "all")) as ready:
        assert len({event["device_uuid"] for event in ready}) == count >= 50


@pytest.mark.parametrize(
    "words",
    [
        ["light", "door", "--name", "Both"],
        ["light", "door", "--port", "5683"],
        ["light", "door", "--secure-port", "5684"],
        ["light", "door", "--uuid-seed", "a seed for one"],
        ["light", "--all"],
        [],
    ],
)
def test_what_only_one_can_have_is_refused(tmp_path: Path, words: list[str]) -> None:
    """One name, port or UUID for several devices is wrong usage, and so is nothing to run."""
    result = onboardee("run", *words, "--state-dir", str(tmp_path / "none"))
    assert result.returncode == 2
    assert not (tmp_path / "none").exists()


def test_the_same_device_twice_is_refused(tmp_path: Path) -> None:
    """Two devices that would share a directory end with a sentence that names it."""
    result = onboardee("run", "light", "light", "--state-dir", str(tmp_path))
    assert result.returncode == 1
    assert "light-light" in result.stderr
