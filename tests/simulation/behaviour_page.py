"""The table of kinds in `docs/behaviour.md`.

`python tests/simulation/behaviour_page.py` writes it.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import fields

from onboardee.device.simulation.behaviour import KINDS

PAGE = Path(__file__).parents[2] / "docs" / "behaviour.md"
BEGIN = "<!-- kinds begin: written by tests/simulation/behaviour_page.py -->\n"
END = "<!-- kinds end -->"
SHARED = "only_while"


def headings(text: str) -> dict[str, str]:
    """Return the headings of the kinds' paragraphs: by kind, `travel: a value that …`."""
    titles = re.findall(r"^### (.*:.*)$", text, re.MULTILINE)
    return {title.partition(":")[0]: title for title in titles}


def page() -> str:
    """Return the text of the page with its table as it is now."""
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + BEGIN + "\n".join(_table(headings(text))) + "\n" + END + tail


def _table(titles: dict[str, str]) -> Iterator[str]:
    yield "\n| kind | what it is | keys, those in bold needed |\n| --- | --- | --- |"
    for kind in KINDS:
        name = str(kind.__struct_config__.tag)
        anchor = re.sub(r"[^a-z0-9 -]", "", titles.get(name, name).lower()).replace(" ", "-")
        summary = str(kind.__doc__).partition("\n")[0].rstrip(".")
        keys = [
            f"**`{each.encode_name}`**" if each.required else f"`{each.encode_name}`"
            for each in fields(kind)
            if each.name != SHARED
        ]
        yield f"| [`{name}`](#{anchor}) | {summary} | {' '.join(keys)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
