"""The console's picture on screens that are not there: what a person sees at which size."""

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prompt_toolkit.utils import get_cwidth

from onboardee.device.cli.console.digits import HEIGHT, large
from onboardee.device.cli.console.keys import Question
from onboardee.device.cli.console.picture import KEYS, Picture, Scene, picture
from onboardee.device.cli.console.rows import Row
from onboardee.device.control import PressReset

OWNER = "8be7f5a3-6bf1-4b85-9c2b-aa6ed3a6d0f1"
LIGHT = Row("light", "RFNOP", OWNER, "on")
LOCK = Row("lock", "RFOTM", "", "Locked", pin="314159")
LOG = [f"12:00:{number:02} line {number}" for number in range(60)]


def texts(drawn: Picture) -> list[str]:
    """Return the lines as they are read."""
    return ["".join(text for _, text in line).rstrip() for line in drawn.lines]


def test_devices_above_and_their_log_below() -> None:
    """Each device is a line with its state, owner and what it shows; the log's end is below."""
    seen = texts(picture(Scene([LIGHT, LOCK], LOG, "lock"), 60, 12))
    assert seen[:2] == [
        "  light  RFNOP  8be7f5a3  on",
        "> lock   RFOTM  -         Locked   PIN 314159",
    ]
    assert seen[2].startswith("─ log ─")
    assert seen[3:11] == LOG[-8:]
    assert seen[11].strip() == KEYS[:59].strip() or "choose" in seen[11]
    assert OWNER in texts(picture(Scene([LIGHT], LOG), 120, 12))[0]


def test_a_pin_is_read_from_across_the_room() -> None:
    """On a screen with room for it a PIN stands in large digits, under its device's name."""
    seen = texts(picture(Scene([LIGHT, LOCK], LOG), 60, 24))
    place = seen.index("  PIN of lock")
    assert [line.strip() for line in seen[place + 1 : place + 1 + HEIGHT]] == [
        line.strip() for line in large("314159", 60)
    ]
    assert all("█" in line for line in large("0123456789", 60))
    assert large("ABC", 60) == ()


def test_hundreds_of_devices() -> None:
    """As many as fit are shown, those with a PIN and with news first, and all are counted."""
    rows = [Row(f"lamp-{n}", "RFNOP", OWNER, "off", news=n % 7) for n in range(400)]
    rows[250] = Row("lamp-250", "RFOTM", "", "off", pin="1234")
    drawn = picture(Scene(rows, LOG, "lamp-0"), 80, 24)
    assert drawn.shown[0] == "lamp-250"
    assert "lamp-0" in drawn.shown
    assert {int(name[5:]) % 7 for name in drawn.shown} - {250 % 7, 0} == {6}
    assert f"{len(drawn.shown)} of 400 devices" in "\n".join(texts(drawn))
    assert "399 RFNOP, 1 RFOTM" in "\n".join(texts(drawn))
    assert len(drawn.shown) < 12
    assert drawn.page >= 3


def test_a_hurried_device_says_so() -> None:
    """Who has let time go faster sees it, and what is broken, on the line."""
    row = Row("door", "RFOTM", "", "Locked", ("jammed",), pace="60x")
    assert texts(picture(Scene([row], LOG), 80, 10))[0].endswith("Locked  60x  broken: jammed")


def test_a_question_stands_where_the_keys_were() -> None:
    """What the next key does is said, before it is pressed."""
    question = Question("Press the reset button of light", (("y", "yes", PressReset()),))
    seen = texts(picture(Scene([LIGHT], LOG, question=question), 80, 10))
    assert seen[-1] == " Press the reset button of light: [y] yes   any other key: nothing"
    assert texts(picture(Scene([LIGHT], LOG, said="no"), 80, 10))[-1] == " no"


def test_a_question_on_a_narrow_screen_is_seen_whole() -> None:
    """Each offer has a line of its own: nobody presses a key that he has not read."""
    offers = tuple((str(n), f"jam the lock {n}", PressReset()) for n in (1, 2))
    question = Question("Let come or go at smart-lock", offers)
    drawn = picture(Scene([LIGHT], LOG, question=question), 40, 12)
    assert texts(drawn)[-4:] == [
        " Let come or go at smart-lock:",
        " [1] jam the lock 1",
        " [2] jam the lock 2",
        " any other key: nothing",
    ]
    assert texts(drawn)[-5] == LOG[-1]
    assert len(drawn.lines) == 12


@pytest.mark.parametrize("columns", [7, 20, 40, 41, 60, 78, 120])
def test_how_it_ends_is_said_on_each_screen(columns: int) -> None:
    """The keys are named in as many words as there is room for, and none is cut."""
    said = texts(picture(Scene([LIGHT], LOG), columns, 12))[-1]
    assert said.endswith("q quit")
    assert "…" not in said


def test_back_in_the_log() -> None:
    """Who goes back sees earlier lines, and how far back they are."""
    seen = texts(picture(Scene([LIGHT], LOG, back=20), 60, 10))
    assert seen[-2] == LOG[39]
    assert "20 lines back" in "\n".join(seen)


def test_long_and_coloured_lines_of_the_log() -> None:
    """A line that is too long goes on below, and keeps its colours."""
    line = click.style("x" * 50, fg="cyan") + "y" * 20
    drawn = picture(Scene([], [line]), 40, 8)
    seen = texts(drawn)
    assert seen[1:3] == ["x" * 40, "x" * 10 + "y" * 20]
    assert {style for style, text in drawn.lines[1]} != {""}


@settings(max_examples=60, deadline=None)
@given(
    columns=st.integers(1, 140),
    height=st.integers(1, 50),
    names=st.lists(st.text(min_size=1, max_size=30), max_size=30, unique=True),
    pin=st.sampled_from(["", "1", "12345678", "secret"]),
    log=st.lists(st.text(max_size=200), max_size=10),
)
def test_a_picture_always_fits(
    columns: int, height: int, names: list[str], pin: str, log: list[str]
) -> None:
    """Whatever devices are called and the log says, no line is wider and none is too many."""
    rows = [Row(name, "RFPRO", OWNER, "語" * 40, ("jammed",), pin, "60x", 1) for name in names]
    drawn = picture(Scene(rows, log, names[0] if names else None), columns, height)
    assert len(drawn.lines) <= height
    for line in drawn.lines:
        assert get_cwidth("".join(text for _, text in line)) <= max(columns, 2)
        assert "\n" not in "".join(text for _, text in line)


@pytest.mark.parametrize("height", [1, 2, 3, 5])
def test_a_screen_of_few_lines(height: int) -> None:
    """Something is shown even there."""
    assert len(picture(Scene([LIGHT, LOCK], LOG), 40, height).lines) == height
