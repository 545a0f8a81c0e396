"""Regular expressions of profiles and of captured devices: none can keep a device busy."""

import re
import time
from pathlib import Path

import pytest

from onboardee.device.simulation.patterns import problem
from onboardee.device.simulation.profile import ProfileError, load
from onboardee.device.simulation.value_limits import MAX_TEXT

PROFILE = """\
device: {{name: Page, types: [oic.d.light]}}
platform: {{manufacturer: onboardee}}
resources:
  - href: /x
    types: [x.test]
    interfaces: [oic.if.a]
    properties:
      text: {{type: string, pattern: "{pattern}", initial: a{more}}}
"""

HARMLESS = [
    "^[0-9]{4,8}$",
    "^([01][0-9]|2[0-3]):[0-5][0-9](Z|[+-][0-9]{2}:[0-9]{2})$",
    r"^\d+$",
    "^[*+?(]{3}$",
    r"\(\+",
    "[]a+(]{2}",
    "[^](a+)+]",
    "a?a?a?a?a?a",
    "^(red|green|blue|white|black)$",
    r"^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$",
    r"^[a-z]+@[a-z]+$",
    "^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$",
    "^([0-9]{2}:)*$",
    "a{}(b|c)",
]
HARMFUL = [
    "(a+)+$",
    "(a|a)*$",
    "(a?){40}",
    "(a|a)" * 40 + "b",
    "(.|a)" * 30 + "b",
    "((a|a){4}){9}b",
    "(a|a){}(a|a){12}(a|a){12}b",
    "a?" * 24 + "a" * 24,
    "a*a*a*a*b",
    "^a*a*a*b",
    "^a{0,400}a{0,400}a{0,400}b",
    "^x|a*a*b",
    r"(a)\1",
    "(?=a)",
    "(?i)a",
    "(",
    "a{99999999999999}",
    "a" * 257,
]


@pytest.mark.parametrize("pattern", HARMLESS)
def test_what_people_write_is_taken(pattern: str) -> None:
    """Expressions for codes, addresses and words are possible, and quick on odd texts."""
    assert problem(pattern, MAX_TEXT) is None
    begun = time.process_time()
    for text in ("a" * MAX_TEXT, "1" * MAX_TEXT, "12:" * 341, "a+" * 512):
        re.search(pattern, text)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("pattern", HARMFUL)
def test_what_could_keep_a_device_busy_is_refused(pattern: str) -> None:
    """An expression whose ways to match grow without bound is never tried on a text."""
    assert problem(pattern, MAX_TEXT)


def test_shorter_texts_permit_more() -> None:
    """What is too long for texts of any length is possible where they are short."""
    pattern = r"^[a-z]+@[a-z]+\.[a-z]+$"
    assert problem(pattern, MAX_TEXT)
    assert problem(pattern, 100) is None


def test_a_profile_with_one_is_not_loaded(tmp_path: Path) -> None:
    """Its maker is told the line, why, and what helps."""
    file = tmp_path / "mine.yaml"
    file.write_text(PROFILE.format(pattern="(a+)+$", more=""), encoding="utf-8")
    with pytest.raises(ProfileError, match=r"line 8: .*\.text: pattern may take too long"):
        load(str(file))
    file.write_text(PROFILE.format(pattern="^a+b?c+$", more=", max_length: 64"), encoding="utf-8")
    with pytest.raises(ProfileError, match="initial does not match"):
        load(str(file))
