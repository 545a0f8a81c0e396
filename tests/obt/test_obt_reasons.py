"""What people are told when something fails: the reason first, in words."""

import asyncio

import click
import pytest
from click.testing import CliRunner

from onboardee.device.cli.obt.reasons import reason
from onboardee.device.cli.obt.wishes import PIN_ATTEMPTS, AskPin
from onboardee.obt import OnboardingError


def refusal(code: str) -> OnboardingError:
    """Return what becomes of a response."""
    return OnboardingError("update (POST /x)", expected="2.04", came=f"the device answered {code}")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("4.13 REQUEST_ENTITY_TOO_LARGE", "too large"),
        ("4.01 UNAUTHORIZED", "does not let us"),
        ("4.06 NOT_ACCEPTABLE", "in its present state"),
        ("5.03 SERVICE_UNAVAILABLE", "no room or no time"),
    ],
)
def test_answers(code: str, words: str) -> None:
    """A response code is said in words, and the step follows."""
    said = reason(refusal(code))
    assert words in said.partition("(")[0]
    assert "update (POST /x)" in said


def test_unknown_answers() -> None:
    """What there are no words for is told as it is."""
    assert reason(refusal("4.99")) == str(refusal("4.99"))
    assert reason(ValueError("why")) == "why"


def test_the_cause_counts() -> None:
    """The reason of an operation is that of the step that failed."""
    error = RuntimeError("it failed")
    error.__cause__ = refusal("4.13")
    assert reason(error).startswith("too large for the device (it failed)")


def test_tries() -> None:
    """After a wrong PIN one is asked again, and told which try it is."""
    pins: list[str] = []

    @click.command()
    def command() -> None:
        ask = AskPin()
        pins.extend(asyncio.run(ask()) for _ in range(3))

    said = CliRunner().invoke(command, input="1\n2\n3\n")
    assert pins == ["1", "2", "3"]
    assert "wrong PIN, try 2 of 5; PIN shown by the device" in said.stderr
    assert "wrong PIN, try 3 of 5" in said.stderr
    assert PIN_ATTEMPTS == 5
