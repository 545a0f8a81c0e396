"""YAML documents whose values know where they stand, so that a mistake can be pointed at.

Plain values are those of YAML 1.2's core schema, not of YAML 1.1: `on`, `no` and `12:30` are texts,
and so is a date.

PyYAML's parser is used for its events only. Its own trees know no lines and no bounds, and its
resolver is that of YAML 1.1, in which a light that is `on` is true and a country `no` is false.
Aliases are followed and counted, as nine lines of them can stand for a thousand million values.
Profiles are files of the owner, or downloaded ones: what is refused is refused with a line.

    text ──► PyYAML's events ──► `DocumentItem` (value, file, line) ──► `variants` ──► the model
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Union

import yaml

from onboardee.device.simulation.section import ProfileError

MAX_SIZE: Final = 512 * 1024
"""Octets of a file."""
MAX_VALUES: Final = 200_000
"""After aliases are followed: a few lines of YAML can otherwise stand for millions of values."""
MAX_DEPTH: Final = 40
"""Lists and mappings in one another."""

_TAG: Final = "tag:yaml.org,2002:"
_INTEGER: Final = r"[-+]?(?:0|[1-9][0-9]{0,18})"
_NUMBER: Final = r"[-+]?(?:(?:0|[1-9][0-9]{0,18})(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"

_BREAKS: Final = frozenset("\r\x85\u2028\u2029")
"""What some readers of YAML take for the end of a line, beside the newline."""

Content = Union[  # noqa: UP007 - names a class below
    None, bool, int, float, str, Mapping[str, "DocumentItem"], tuple["DocumentItem", ...]
]


@dataclass(frozen=True, slots=True)
class DocumentItem:
    """A value of a document, with the file and the line where it stands."""

    value: Content
    """A scalar, or items by name or in order."""
    file: str
    """The path, or the name of a built-in profile."""
    line: int
    """From 1."""

    def at(self, *path: str | int) -> "DocumentItem":
        """Return the value at the end of a path, or the last one on the way there.

        So a mistake at a place that is missing is told at the line of what it is missing from.
        """
        here = self
        for step in path:
            if isinstance(here.value, Mapping) and step in here.value:
                here = here.value[str(step)]
            elif isinstance(here.value, tuple) and isinstance(step, int) and step < len(here.value):
                here = here.value[step]
            else:
                break
        return here

    def plain(self) -> Any:
        """Return the value as Python has it.

        >>> read("{lamp: {value: on, level: 4}}", "x.yaml").plain()
        {'lamp': {'value': 'on', 'level': 4}}
        """
        if isinstance(self.value, Mapping):
            return {name: item.plain() for name, item in self.value.items()}
        if isinstance(self.value, tuple):
            return [item.plain() for item in self.value]
        return self.value

    def wrong(self, sentence: str) -> ProfileError:
        """Make an error that names this place."""
        return ProfileError(f"profile {self.file}, line {self.line}: {sentence}")


class _YamlLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # whichever is there
    """The parser in C where there is one."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML fills it per class


class _Dumper(yaml.SafeDumper):
    """Writes everything out: no aliases, which a reader would have to follow."""

    def ignore_aliases(self, data: Any) -> bool:
        """Treat equal parts as separate ones."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Quote what some reader takes for the end of a line, so that it is written as an escape."""
    style = '"' if _BREAKS.intersection(text) else None
    return dumper.represent_scalar(_TAG + "str", text, style=style)


_Dumper.add_representer(str, _text)

for _kind, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", _INTEGER, list("-+0123456789")),
    ("float", _NUMBER, list("-+.0123456789")),
    ("merge", r"<<", ["<"]),
):
    _YamlLoader.add_implicit_resolver(_TAG + _kind, re.compile(rf"^(?:{_pattern})$"), _first)
    # what a reader of YAML 1.1 or 1.2 would take for anything but text is quoted
    _Dumper.add_implicit_resolver(_TAG + _kind, re.compile(rf"^(?:{_pattern})$"), _first)


def read(text: str, file: str) -> DocumentItem:
    """Read one document. Raises `ProfileError`."""
    if len(text) > MAX_SIZE:
        raise ProfileError(f"profile {file} is larger than {MAX_SIZE // 1024} KiB")
    loader = None
    try:
        loader = _YamlLoader(text)
        return _ItemReader(loader, file).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        raise DocumentItem(None, file, line).wrong(f"this is not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ProfileError(f"profile {file} is not YAML: {str(error).splitlines()[0]}") from error
    finally:
        # PyYAML asks this of whoever uses a loader's events.
        if loader is not None:
            loader.dispose()


def write(content: Any) -> str:
    """Return a document that reads as `content`.

    Texts that some reader would take for something else are quoted.

    >>> print(write({"value": "on", "code": "0123", "size": "12"}), end="")
    value: 'on'
    code: '0123'
    size: '12'
    """
    text: str = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


class _ItemReader:
    """Turns a parser's events into items, within bounds: a parser's own trees have none."""

    def __init__(self, loader: Any, file: str) -> None:
        self._loader = loader
        self._file = file
        self._count = 0
        self._anchors: dict[str, tuple[DocumentItem, int]] = {}

    def document(self) -> DocumentItem:
        """Read the one document of a stream."""
        self._loader.get_event()
        if self._loader.check_event(yaml.StreamEndEvent):
            return DocumentItem(None, self._file, 1)
        self._loader.get_event()
        result = self._item(self._loader.get_event(), 0)
        self._loader.get_event()
        # A second document would be passed over in silence.
        following = self._loader.get_event()
        if not isinstance(following, yaml.StreamEndEvent):
            raise self._place(following).wrong("a file has one document, and here begins another")
        return result

    def _place(self, event: Any) -> DocumentItem:
        """Return an item without a value, for what is to be said of the place of an event."""
        return DocumentItem(None, self._file, event.start_mark.line + 1)

    def _item(self, event: Any, depth: int) -> DocumentItem:
        """Read the value that begins with an event. Raises `ProfileError` beyond the bounds."""
        place = self._place(event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, place)
        before = self._count
        self._grow(1, place)
        if depth > MAX_DEPTH:
            raise place.wrong("the document is nested too deeply")
        match event:
            case yaml.MappingStartEvent(tag=None):
                value: Content = self._mapping(depth)
            case yaml.SequenceStartEvent(tag=None):
                value = tuple(self._items(depth))
            case yaml.ScalarEvent():
                value = self._scalar(event, place)
            case _:
                raise place.wrong(f"the tag {event.tag} is not for profiles")
        item = DocumentItem(value, self._file, place.line)
        # With its size, as an alias counts as all that it stands for.
        if event.anchor is not None:
            self._anchors[event.anchor] = item, self._count - before
        return item

    def _alias(self, event: Any, place: DocumentItem) -> DocumentItem:
        """Return what an anchor stands for, counted as if it were written out."""
        if event.anchor not in self._anchors:
            raise place.wrong(f"there is no &{event.anchor} before this line")
        item, size = self._anchors[event.anchor]
        self._grow(size, place)
        return item

    def _grow(self, size: int, place: DocumentItem) -> None:
        """Count values. Raises `ProfileError` if there are too many."""
        self._count += size
        if self._count > MAX_VALUES:
            raise place.wrong(f"the document has more than {MAX_VALUES} values, aliases followed")

    def _items(self, depth: int) -> Iterator[DocumentItem]:
        """Read the elements of a sequence up to its end."""
        while not isinstance(event := self._loader.get_event(), yaml.SequenceEndEvent):
            yield self._item(event, depth + 1)

    def _mapping(self, depth: int) -> dict[str, DocumentItem]:
        """Read a mapping up to its end; a key that comes twice is refused, `<<` is merged in."""
        result: dict[str, DocumentItem] = {}
        inherited: dict[str, DocumentItem] = {}
        while not isinstance(key := self._loader.get_event(), yaml.MappingEndEvent):
            place = self._place(key)
            if not isinstance(key, yaml.ScalarEvent):
                raise place.wrong("a key is a plain name")
            value = self._item(self._loader.get_event(), depth + 1)
            if self._tag(key) == "merge":
                inherited |= _merged(value, place)
            elif key.value in result:
                first = result[key.value].line
                raise place.wrong(f"{key.value} stands here again; it is already in line {first}")
            else:
                # The line of the key: a mistake in a block below it belongs there.
                result[key.value] = DocumentItem(value.value, self._file, place.line)
        return {**inherited, **result}

    def _tag(self, event: Any) -> str:
        """Return what a scalar is taken for: as its tag says, or as it looks if it is plain."""
        tag = event.tag
        if tag is None or tag == "!":
            tag = self._loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        return str(tag).removeprefix(_TAG)

    def _scalar(self, event: Any, place: DocumentItem) -> Content:
        """Return the value of a scalar. Raises `ProfileError` for a tag of another kind."""
        match self._tag(event):
            case "null":
                return None
            case "bool":
                return str(event.value).lower() == "true"
            case "int":
                return int(event.value)
            case "float":
                return float(event.value)
            case "str" | "merge":
                return str(event.value)
            case tag:
                raise place.wrong(f"the tag {tag} is not for profiles")


def _merged(value: DocumentItem, place: DocumentItem) -> Mapping[str, DocumentItem]:
    """Return what `<<` brings in: one mapping, or several of which the first has precedence."""
    result: dict[str, DocumentItem] = {}
    for source in reversed(value.value if isinstance(value.value, tuple) else (value,)):
        if not isinstance(source.value, Mapping):
            raise place.wrong("<< needs a mapping, or a list of mappings")
        result |= source.value
    return result
