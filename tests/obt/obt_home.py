"""Shared by the tests of `onboardee obt`: two owned lights and a database."""

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from onboardee.device.cli import main
from onboardee.device.testing.threaded import DeviceThread
from onboardee.obt.database import ProvisioningDatabase


@dataclass
class Home:
    """Lights in threads of this process, and a database."""

    store: Path
    lights: list[DeviceThread]
    stack: ExitStack

    def obt(self, *arguments: str, code: int = 0, given: str | None = None) -> Result:
        """Run a sub-command."""
        result = CliRunner().invoke(
            main, ["obt", "--store", str(self.store), *arguments], input=given
        )
        assert result.exit_code == code, (result.output, result.exception)
        return result

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Run a sub-command and read its answer."""
        return json.loads(self.obt(*arguments, "--json", code=code).stdout)

    def database(self) -> ProvisioningDatabase:
        """Open the database; it is closed at the end of the test."""
        return self.stack.enter_context(ProvisioningDatabase(self.store))


def peers(home: Home, name: str) -> list[str]:
    """Return whom a device itself has pairwise credentials for."""
    return [each["subjectuuid"] for each in home.json("credentials", name)]


def subjects(home: Home, name: str) -> list[str]:
    """Return which UUIDs the rules of a device itself are for."""
    return [each["subject"].get("uuid") for each in home.json("rules", name)]
