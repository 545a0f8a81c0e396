"""Finding in a document of introspection what it says about one resource.

The document is OpenAPI 2.0: paths with methods, parameters and responses. Only two things of it
matter here, the schema of what a GET answers and that of what a POST takes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from onboardee.device.access.ocf_interfaces import BATCH, LINKS
from onboardee.device.simulation.capture.schemas import Schema, Schemas, joined, listed, mapped

MAX_PATHS: Final = 1024
"""Of one document; what is behind them is not looked at."""


@dataclass(frozen=True, slots=True)
class Described:
    """A resource in the document's words. None: it says nothing of that method."""

    read: Schema | None = None
    """What a RETRIEVE shows: an object."""
    written: Schema | None = None
    """What an UPDATE takes."""


class Introspection:
    """One document; an empty one if a device has none."""

    def __init__(self, document: Mapping[str, Any] | None) -> None:
        content = document or {}
        self.schemas: Final = Schemas(content)
        self._paths: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
        for key, item in list(mapped(content.get("paths")).items())[:MAX_PATHS]:
            href, _, query = str(key).partition("?")
            self._paths.setdefault(href, []).append((query, mapped(item)))

    def of(self, href: str) -> Described:
        """Return what the document says about a path.

        Collections have a path for each interface there; those that show other things than
        properties are passed over.
        """
        found = self._paths.get(href, [])
        items = [item for query, item in found if not _shows_links(query)]
        return Described(
            self._object(self._answer(mapped(item["get"])) for item in items if "get" in item),
            self._object(self._body(mapped(item["post"])) for item in items if "post" in item),
        )

    def _object(self, found: Iterator[object]) -> Schema | None:
        """Join the schemas that describe objects."""
        result: Schema | None = None
        for each in found:
            for one in self.schemas.alternatives(self.schemas.resolved(each)):
                if "properties" in one:
                    result = joined(result or {}, one)
        return result

    def _answer(self, operation: Mapping[str, Any]) -> object:
        """Return the schema of a successful answer."""
        responses = mapped(operation.get("responses"))
        return self.schemas.resolved(responses.get("200")).get("schema")

    def _body(self, operation: Mapping[str, Any]) -> object:
        """Return the schema of the payload."""
        for each in listed(operation.get("parameters")):
            parameter = self.schemas.resolved(each)
            if parameter.get("in") == "body":
                return parameter.get("schema")
        return None


def _shows_links(query: str) -> bool:
    """Tell whether a path is that of an interface which shows links instead of properties."""
    return query in {f"if={LINKS}", f"if={BATCH}"}
