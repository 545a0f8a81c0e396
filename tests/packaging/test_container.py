"""The image, without an engine for it: its environment and its commands, tried with the program."""

import json
import os
import shlex
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
LINES = [line.split(maxsplit=1) for line in TEXT.splitlines() if line and line[0] != "#"]
FINAL = LINES[max(place for place, line in enumerate(LINES) if line[0] == "FROM") :]
PROGRAM = [sys.executable, "-c", "from onboardee.device.cli import main; main()"]


def last(instruction: str) -> str:
    """Return what the image has of that instruction."""
    return next(rest for name, rest in reversed(FINAL) if name == instruction)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return the environment of the image, with a directory of the test's in place of /state."""
    settings = dict(each.split("=", 1) for each in shlex.split(last("ENV")))
    del settings["PATH"]
    mine = {key: value for key, value in os.environ.items() if not key.startswith("ONBOARDEE_")}
    home = {"HOME": "/nonexistent", "XDG_STATE_HOME": "/nonexistent"}
    return mine | home | {key: _moved(value, tmp_path) for key, value in settings.items()}


def _moved(value: str, place: Path) -> str:
    """Return where something of the image lies here."""
    for line in FINAL:
        if line[0] == "COPY" and line[1].split()[-1] == value:
            return str(ROOT / line[1].split()[0])
    return str(place) if value == last("VOLUME") else value


@contextmanager
def container(environment: dict[str, str], *words: str) -> Iterator["subprocess.Popen[str]"]:
    """Run the image's entry point with these words until it has said one line."""
    environment = environment | {"ONBOARDEE_PORT": "0", "ONBOARDEE_SECURE_PORT": "0"}
    command = [*PROGRAM, *words, "--log-format", "json", "--host", "127.0.0.1"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, cwd=environment["PWD"]
    ) as process:
        assert process.stdout is not None
        try:
            assert json.loads(process.stdout.readline())["event"] == "device.ready"
            yield process
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()


def call(environment: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in the container, as `docker exec` does."""
    return subprocess.run(
        [*PROGRAM, *words],
        env=environment,
        cwd=environment["PWD"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def inside(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Return the environment in the image's working directory."""
    return environment | {"PWD": _moved(last("WORKDIR"), tmp_path)}


def test_the_entry_point() -> None:
    """`docker run onboardee` runs what is configured, other words go to the command."""
    assert json.loads(last("ENTRYPOINT")) == ["onboardee"]
    assert json.loads(last("CMD")) == ["run"]


def test_a_light_runs_unless_something_else_is_configured(
    inside: dict[str, str], tmp_path: Path
) -> None:
    """With the usual name, in the usual place."""
    with container(inside, "run"):
        told = json.loads(call(inside, "ctl", "devices", "--json").stdout)
    assert [each["device"] for each in told] == ["light"]
    assert [place.name for place in tmp_path.iterdir()] == ["light"]


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"ONBOARDEE_FLEET": "door light"}, ["door", "light"]),
        ({"ONBOARDEE_FLEET": "light", "ONBOARDEE_COUNT": "2"}, ["light-1", "light-2"]),
        ({"ONBOARDEE_FLEET": "FILE", "ONBOARDEE_SLICE": "2/2"}, ["lamp-3", "lamp-4"]),
    ],
)
def test_a_fleet_is_configured_by_the_environment(
    inside: dict[str, str], settings: dict[str, str], names: list[str], tmp_path: Path
) -> None:
    """By profiles and their number, or by a file that is mounted; and a part of it for each pod."""
    file = tmp_path.parent / f"{tmp_path.name}-fleet.yaml"
    file.write_text('groups: [{profile: light, count: 4, name: "lamp-{n}"}]')
    settings = {name: value.replace("FILE", str(file)) for name, value in settings.items()}
    with container(inside | settings, "run"):
        told = json.loads(call(inside, "ctl", "devices", "--json").stdout)
        assert call(inside, "ping", "--at-least", "2").stdout == "2 devices answer\n"
        assert call(inside, "ping", "--at-least", "3").returncode == 1
    assert sorted(each["device"] for each in told) == names


def test_all_profiles_run_although_the_image_has_a_default(inside: dict[str, str]) -> None:
    """`run --all` means the built-in ones, and naming one beside it is still wrong usage."""
    unknown = call(inside, "run", "--all", "--addresses", "x")
    assert "no prefix" in unknown.stderr
    assert "name none beside it" in call(inside, "run", "--all", "light").stderr


def test_a_device_has_the_usual_ports(environment: dict[str, str]) -> None:
    """They are those that the image tells of."""
    ports = [environment["ONBOARDEE_PORT"], environment["ONBOARDEE_SECURE_PORT"]]
    assert last("EXPOSE").split() == [f"{port}/udp" for port in ports]


@pytest.mark.parametrize("words", [["run", "light"], ["run", "thermostat"]])
def test_every_command_finds_the_device(
    inside: dict[str, str], words: list[str], tmp_path: Path
) -> None:
    """`ctl`, `svr` and `reset` need no option, and all state lies below /state."""
    with container(inside, *words):
        found = call(inside, "ctl", "state", "--json")
        assert json.loads(found.stdout)["device"] == words[-1], found.stderr
        assert call(inside, "svr", "show").returncode == 0
    assert [place.name for place in tmp_path.iterdir()] == [words[-1]]
    assert call(inside, "svr", "check").returncode == 0
    assert call(inside, "reset").returncode == 0


def test_the_same_device_again(inside: dict[str, str]) -> None:
    """Whoever keeps /state has the same device in the next container."""
    uuids = set()
    for _ in range(2):
        with container(inside, "run", "light"):
            uuids.add(json.loads(call(inside, "ctl", "state", "--json").stdout)["device_uuid"])
    assert len(uuids) == 1


def test_several_devices(inside: dict[str, str]) -> None:
    """`run light door` and `ctl devices` know of each other."""
    with container(inside, "run", "light", "door"):
        told = json.loads(call(inside, "ctl", "devices", "--json").stdout)
    assert sorted(each["device"] for each in told) == ["door", "light"]


@pytest.mark.parametrize("words", [["run"], ["run", "light", "door"]])
def test_the_health_check(inside: dict[str, str], words: list[str]) -> None:
    """It is content with one device and with several, on whatever ports they are; and only then."""
    program, *check = json.loads(last("HEALTHCHECK").split("CMD", 1)[1])
    assert program == "onboardee"
    with container(inside, *words):
        assert call(inside, *check).returncode == 0
    assert call(inside, *check).returncode == 1


def test_users_whom_the_image_does_not_know_can_write() -> None:
    """Engines give them the group root, to which the directory of the state belongs."""
    made = next(rest for name, rest in FINAL if name == "RUN" and last("VOLUME") in rest)
    assert "--group=root --mode=0770 /state" in made


def test_what_the_image_tells_of_itself() -> None:
    """The labels of OCI are the project's, and its bill of materials is of what was installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    labels = dict(each.split("=", 1) for each in shlex.split(last("LABEL")))
    version = next(rest for name, rest in FINAL if name == "ARG" and rest.startswith("VERSION="))
    assert labels["org.opencontainers.image.licenses"] == project["license"]
    assert labels["org.opencontainers.image.version"] == "$VERSION"
    assert version == f"VERSION={project['version']}"
    assert "cyclonedx-py environment" in TEXT
