"""A device's directory, and the commands on it, for the tests of `onboardee svr`."""

import json
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from onboardee.device.cli import main
from onboardee.device.cli.svr.edit import ORDER
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.svrdb import Database, open_directory
from onboardee.wire.entropy import SeededEntropy

OWNER = "61646d69-6e44-6576-6963-655575696430"
KEY = "000102030405060708090a0b0c0d0e0f"
MENU = {name: str(number) for number, name in enumerate((*ORDER, "save"), start=2)}
"""What to type in the main menu of the editor to come to a resource, or to save."""


class Light:
    """A stopped light and the commands that look into it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        database = new_database(load("light"), SeededEntropy(1))
        with open_directory(directory, lambda: database):
            self.factory = database

    def svr(self, *words: str, stdin: str | bytes | None = None) -> Result:
        """Run `onboardee svr` on the directory."""
        arguments = ["svr", *words, "--state-dir", str(self.directory)]
        return CliRunner().invoke(main, arguments, input=stdin)

    def done(self, *words: str, stdin: str | bytes | None = None) -> str:
        """Run it, insist that it is done, and return what it printed."""
        result = self.svr(*words, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result.stdout

    def refused(self, code: int, *words: str) -> str:
        """Run it, insist that it failed and changed nothing, and return the sentence."""
        before = self.database
        result = self.svr(*words)
        assert result.exit_code == code, result.output
        assert self.database == before
        return result.stderr

    def get(self, path: str) -> Any:
        """Return a value by `svr get --json`."""
        return json.loads(self.done("get", path, "--json", "--reveal"))

    @property
    def database(self) -> Database:
        """The database as it is stored."""
        with open_directory(self.directory, sys.exit) as store:
            return store.current

    def own(self) -> None:
        """Make the light somebody's."""
        self.done("own", "--owner", OWNER, "--psk", KEY)
