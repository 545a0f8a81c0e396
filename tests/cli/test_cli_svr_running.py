"""`onboardee svr` on a device that runs in another process: it makes the change itself."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import pytest
from cli_svr_support import KEY, MENU, OWNER
from click.testing import CliRunner, Result
from msgspec.structs import replace
from test_cli_run import running

from onboardee.device.cli import main
from onboardee.device.cli.connection import ControlConnection
from onboardee.device.cli.svr.state import opened
from onboardee.device.net.control_socket import SOCKET_NAME
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.obt import Address, AsyncioTransport, OwnedDevice, find_unowned_at, take_ownership
from onboardee.svrdb import Sdi, open_directory, read_existing
from onboardee.wire.entropy import SeededEntropy

TOOK_IT = "the running device took it: it restarted with it, and its sessions have ended\n"


class Running:
    """A light that runs, and the commands on its directory."""

    def __init__(self, directory: Path, ready: dict[str, Any]) -> None:
        self.directory = directory
        self.port = int(ready["endpoints"][0].rpartition(":")[2])

    def svr(self, *words: str, stdin: str | None = None) -> Result:
        """Run `onboardee svr` on the directory."""
        arguments = ["svr", *words, "--state-dir", str(self.directory)]
        return CliRunner().invoke(main, arguments, input=stdin)

    def done(self, *words: str, stdin: str | None = None) -> str:
        """Run it, insist that the device took it, and return what it printed."""
        result = self.svr(*words, stdin=stdin)
        assert result.exit_code == 0, result.output
        assert TOOK_IT in result.stderr
        return result.stdout

    def ask(self, do: str) -> Any:
        """Ask the device itself."""
        with ControlConnection(self.directory) as connection:
            return connection.ask(do)

    @asynccontextmanager
    async def with_owner(self) -> AsyncIterator[OwnedDevice]:
        """Take ownership, and hold a session."""
        async with AsyncioTransport() as transport:
            found = await find_unowned_at(transport, Address("127.0.0.1", self.port))
            async with await take_ownership(transport, found, UUID(OWNER)) as owner:
                await owner.pstat()
                assert len(self.ask("connections")["sessions"]) == 1
                yield owner


@pytest.fixture(name="process", scope="module")
def _process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start a light, and keep what it is at first."""
    directory = tmp_path_factory.mktemp("running") / "light"
    with running("light", "--state-dir", str(directory)) as (_, ready):
        found = Running(directory, ready)
        assert found.svr("snapshot", "factory").exit_code == 0
        yield found


@pytest.fixture
def light(process: Running) -> Running:
    """Return the light as it left the factory."""
    assert process.svr("restore", "factory").exit_code == 0
    return process


async def test_an_edit_ends_the_sessions(light: Running) -> None:
    """The device goes on with what was written, on disk, too, and the owner is thrown out."""
    async with light.with_owner():
        text = await asyncio.to_thread(light.done, "set", "sdi.name", "home")
        assert text.endswith('+ sdi.name: "home"\n')
        assert light.ask("connections")["sessions"] == []
    assert read_existing(light.directory).sdi.name == "home"
    assert light.ask("state")["state"] == "RFNOP"
    assert light.svr("check").output == "all is consistent\n"


async def test_the_reset_profile_comes_back(light: Running) -> None:
    """The owner's session ends, and the device waits for an owner."""
    factory = read_existing(light.directory)
    async with light.with_owner():
        await asyncio.to_thread(light.done, "profile", "restore")
        assert light.ask("connections")["sessions"] == []
    assert (light.ask("state")["state"], light.ask("state")["owned"]) == ("RFOTM", False)
    assert read_existing(light.directory) == factory
    async with light.with_owner() as owner:  # it can be owned anew
        assert await owner.pstat()
    assert light.ask("state")["state"] == "RFNOP"


async def test_a_snapshot_comes_back(light: Running) -> None:
    """An owner comes back with a snapshot, and the same key opens a session again."""
    async with light.with_owner() as owner:
        assert light.svr("snapshot", "owned").exit_code == 0
        await asyncio.to_thread(light.done, "unown")
        assert light.ask("state")["state"] == "RFOTM"
        text = await asyncio.to_thread(light.done, "restore", "owned")
        assert f"is in RFNOP again, owned by {OWNER}" in text
        assert light.ask("connections")["sessions"] == []
        key = owner.ownership.key
    (credential,) = read_existing(light.directory).cred.credentials
    assert credential.private is not None
    assert credential.private.data == key


def test_every_command_that_writes(light: Running) -> None:
    """Own, state, UUID, repair, reset profile and the step-by-step editor: the device takes all."""
    light.done("own", "--owner", OWNER, "--psk", KEY)
    light.done("set-state", "rfpro")
    light.done("new-uuid", "--seed", "b8:27:eb:12:34:56")
    assert light.ask("state")["device_uuid"] == "a1d70c49-8ec3-396d-d56e-78a87de54373"
    light.done("profile", "make")
    light.done("profile", "drop")
    light.done("set", "pstat.isop", "true", "--force")
    assert light.done("check", "--fix").startswith("- pstat.isop: true\n+ pstat.isop: false\n")
    screen = light.done("edit", stdin=f"{MENU['sdi']}\n2\nkitchen\n99\n{MENU['save']}\ny\n")
    assert "written: 1 change\n" in screen
    assert read_existing(light.directory).sdi.name == "kitchen"
    assert light.ask("state")["state"] == "RFPRO"


def test_nothing_is_restarted_for_nothing(light: Running) -> None:
    """A trial, and an edit that changes nothing, leave the device alone."""
    before = light.ask("database")
    for words in (("set", "sdi.name", "x", "--dry-run"), ("set", "sdi.name", "")):
        result = light.svr(*words)
        assert result.exit_code == 0
        assert result.stderr == ""
    assert light.svr("set", "doxm.owned", "true").exit_code == 1
    assert light.ask("database") == before


def test_json_stays_json(light: Running) -> None:
    """What the device took is said beside what a program reads."""
    report = json.loads(light.done("set", "sdi.name", "x", "--json"))
    assert report["written"] is True


def test_a_race(light: Running) -> None:
    """What was made from an old database is refused, and the newer one stays."""
    with opened(light.directory) as one, opened(light.directory) as other:
        one.commit(replace(one.current, sdi=Sdi(name="one")))
        one.commit(replace(one.current, sdi=Sdi(name="one again")))
        with pytest.raises(click.ClickException, match="has changed meanwhile; read it again"):
            other.commit(replace(other.current, sdi=Sdi(name="other")))
    assert read_existing(light.directory).sdi.name == "one again"


def test_a_device_that_stops_meanwhile(tmp_path: Path) -> None:
    """A change that the device cannot take any more is told as such."""
    directory = tmp_path / "light"
    with running("light", "--state-dir", str(directory)) as (process, _), opened(directory) as one:
        process.terminate()
        assert process.wait(60) == 0
        with pytest.raises(click.ClickException, match="nothing was written: no device runs in"):
            one.commit(replace(one.current, sdi=Sdi(name="late")))
    assert read_existing(directory).sdi.name == ""


@pytest.mark.parametrize(
    "words", [("set", "sdi.name", "x"), ("check", "--fix"), ("profile", "drop"), ("restore", "one")]
)
def test_a_holder_that_does_not_answer(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Without a control socket the process that holds the lock is named."""
    database = new_database(load("light"), SeededEntropy(1))
    with open_directory(tmp_path, lambda: database):
        assert (
            CliRunner()
            .invoke(main, ["svr", "snapshot", "one", "--state-dir", str(tmp_path)])
            .exit_code
            == 0
        )
        result = CliRunner().invoke(main, ["svr", *words, "--state-dir", str(tmp_path)])
    assert result.exit_code == 1
    assert not (tmp_path / SOCKET_NAME).exists()
    assert f"{tmp_path} is in use by process {os.getpid()}; stop it" in result.stderr
    assert read_existing(tmp_path) == database


@pytest.mark.parametrize("is_alive", [True, False])
def test_a_socket_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_alive: bool
) -> None:
    """A device that hangs, or a socket that a killed one left, is as good as no socket."""
    monkeypatch.setattr("onboardee.device.cli.connection.TIMEOUT", 0.1)
    monkeypatch.chdir(tmp_path)  # the address of a socket is short
    with (
        open_directory(".", lambda: new_database(load("light"), SeededEntropy(1))),
        socket.socket(socket.AF_UNIX) as silent,
    ):
        silent.bind(SOCKET_NAME)
        if is_alive:
            silent.listen()
        result = CliRunner().invoke(main, ["svr", "unown", "--state-dir", "."])
    assert result.exit_code == 1
    assert f"is in use by process {os.getpid()}" in result.stderr
