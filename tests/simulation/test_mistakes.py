"""Mistakes in sections that come in several kinds, told apart by a tag."""

from typing import Annotated, Any

import msgspec
import pytest

from onboardee.device.simulation.document import read
from onboardee.device.simulation.mistakes import explained


class Tagged(msgspec.Struct, tag_field="kind", tag=str.lower, forbid_unknown_fields=True):
    """Common to the kinds."""


class Travel(Tagged):
    """One kind."""

    seconds: Annotated[float, msgspec.Meta(gt=0)]


class Drift(Tagged):
    """Another kind."""

    mean: float = 0
    period: int | None = None


class Root(msgspec.Struct, forbid_unknown_fields=True):
    """A document with a list of either."""

    entries: list[Travel | Drift] = []
    by_name: dict[str, Travel | Drift] = {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "entries:\n  - kind: travel\n    secs: 5",
            "line 3: entries[0].secs: there is no secs here; did you mean seconds?",
        ),
        (
            "entries:\n  - kind: drift\n    secs: 5",
            "line 3: entries[0].secs: there is no secs here; known here: kind, mean, period",
        ),
        (
            "entries:\n  - kind: drifd",
            "line 2: entries[0].kind: drifd is not possible; did you mean drift?",
        ),
        ("entries:\n  - {mean: 5}", "line 2: entries[0]: kind is missing"),
        (
            "entries: [{kind: drift, period: x}]",
            "line 1: entries[0].period: expected a whole number, got text",
        ),
        (
            "by_name:\n  a: {kind: drift}\n  b: {kind: travel, seconds: 0}\n  c: {kind: drift}",
            "line 3: by_name.b.seconds: expected a number > 0.0",
        ),
        ("entries: 5", "line 1: entries: expected a list, got a whole number"),
    ],
)
def test_the_kind_decides_what_is_known(text: str, sentence: str) -> None:
    """Names are suggested from the kind that stands there."""

    def convert(data: Any) -> Root:
        return msgspec.convert(data, Root)

    document = read(text, "x")
    with pytest.raises(msgspec.ValidationError) as caught:
        convert(document.plain())
    error = explained(caught.value, document, convert, msgspec.json.schema(Root))
    assert str(error) == f"profile x, {sentence}"
