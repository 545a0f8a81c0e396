"""What docs/architecture.md says of the source is so."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "architecture.md").read_text()
ROOMS = ("device", "svrdb", "wire", "obt", "profiles", "tests", "docs", "bench")


def examples() -> Iterator[tuple[str, list[str]]]:
    """Return the file of each part of a diff on the page, and its lines."""
    for block in re.findall(r"```diff\n(.*?)```", PAGE, re.DOTALL):
        for part in block.split("+++ b/")[1:]:
            path, *lines = part.splitlines()
            yield path, lines


def paths() -> set[str]:
    """Return the paths that the page names in its text."""
    named = set(re.findall(r"`([\w/.]+(?:\.py|/))`", PAGE))
    return {path for path in named if path.startswith(ROOMS) and "/" in path}


@pytest.mark.parametrize("path", sorted(paths()))
def test_a_named_file_is_there(path: str) -> None:
    """Who follows the page finds the file."""
    assert (REPOSITORY / path).exists()


@pytest.mark.parametrize(("path", "lines"), [*examples()])
def test_an_example_is_the_source(path: str, lines: list[str]) -> None:
    """The diffs on the page are of true code: each run of lines stands in the file, in order."""
    rest = (REPOSITORY / path).read_text()
    for run in "\n".join(lines).split("\n...\n"):
        wanted = "\n".join(line[1:] for line in run.splitlines()) + "\n"
        _, found, rest = rest.partition(wanted)
        assert found, f"not in {path}, or not in this order:\n{wanted}"


def test_there_is_an_example_of_each_thing_to_add() -> None:
    """Whoever extends the program sees in each section a change that was made."""
    how = PAGE.partition("## How to add")[2]
    sections = re.split(r"^### ", how, flags=re.MULTILINE)[1:]
    without = [section.partition("\n")[0] for section in sections if "```diff" not in section]
    assert not without
