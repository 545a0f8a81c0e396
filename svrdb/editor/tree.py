"""Reading and changing a database by paths: every property of the model, with the model's checks.

A change is made in the database's tree (`svrdb.plain.tree`: maps, lists, texts), beside which the
model's types are followed, and the whole is converted back:

    Database --tree--> maps and lists --one value replaced--> maps and lists --convert--> Database
                            types of the model, step by step: what may stand here?

So what cannot be stored is never made, and a property that is added to the model can be edited
without a line of code here.
"""

from typing import Any, NamedTuple

import msgspec

from onboardee.svrdb.difference import IDS
from onboardee.svrdb.editor.errors import EditError, MalformedError
from onboardee.svrdb.editor.path import Path, Step, parse_path, path_text
from onboardee.svrdb.editor.values import item_type, members, read_text
from onboardee.svrdb.editor.words import listed
from onboardee.svrdb.model import Database
from onboardee.svrdb.plain import plain, tree


class _Place(NamedTuple):
    """A member of a map or an entry of an array: what holds it, its key there, and its type.

    The holder and not the value is kept, so that the value can be replaced, removed, or begun.
    """

    holder: Any
    key: Any
    annotation: Any

    @property
    def is_there(self) -> bool:
        """Whether there is a value; a position in an array was looked up and always has one."""
        return not isinstance(self.holder, dict) or self.key in self.holder

    @property
    def encoding(self) -> object:
        """What stands beside octets."""
        return self.holder.get("encoding") if isinstance(self.holder, dict) else None


def get(database: Database, path: str, *, reveal: bool = False) -> Any:
    """Return the value at a path as JSON has it, secrets hidden unless `reveal`.

    Raises `MalformedError` for a path that no database has, `EditError` where there is no value.

    >>> get(database, "pstat.dos")
    {'p': False, 's': 1}
    """
    place = _find(tree(database), parse_path(path))
    if not place.is_there:
        raise EditError(f"{path} has no value")
    # octets are shown by the encoding that stands beside them
    return plain(place.holder, reveal=reveal)[place.key]


def put(database: Database, path: str, text: str) -> Database:
    """Return the database with another value at a path, read from JSON or plain text.

    An optional structure on the way to it is begun: `cred.creds[0].privatedata.data` needs no
    `privatedata` to be there. Raises `MalformedError` for a path or value that no database has,
    `EditError` for an entry that is not there.
    """
    steps = parse_path(path)
    root = tree(database)
    place = _find(root, steps, make=True)
    name = _name(steps)
    place.holder[place.key] = read_text(text, place.annotation, path, name, place.encoding)
    return _rebuilt(root)


def append(database: Database, path: str, text: str) -> Database:
    """Return the database with one more entry in the array at a path.

    An entry that has an id gets the lowest free one unless it brings one along. Raises
    `MalformedError` or `EditError`.
    """
    steps = parse_path(path)
    root = tree(database)
    place = _find(root, steps, make=True)
    item = item_type(place.annotation)
    if item is None:
        raise MalformedError(f"{path} is no array; set it instead")
    entries = place.holder.setdefault(place.key, [])
    entry = read_text(_with_id(text, item, entries), item, f"{path}[{len(entries)}]", _name(steps))
    entries.append(entry)
    return _rebuilt(root)


def remove(database: Database, path: str) -> Database:
    """Return the database without an entry, or with a property as if it never was set.

    That is its default value. Raises `MalformedError`, or `EditError` for what is not there or
    cannot be missing (`doxm.deviceuuid` has no default).
    """
    steps = parse_path(path)
    root = tree(database)
    place = _find(root, steps)
    if not place.is_there:
        raise EditError(f"{path} has no value")
    if is_required(path):
        raise EditError(f"{path} cannot be missing; set it instead")
    del place.holder[place.key]
    return _rebuilt(root)


def type_at(path: str) -> Any:
    """Return the type of what stands at a path, with its constraints. Raises `MalformedError`.

    No database is needed: it says what could be there, for help texts and dialogues.
    """
    annotation: Any = Database
    for step in parse_path(path):
        annotation = _type_of(annotation, step)
    return annotation


def is_required(path: str) -> bool:
    """Tell whether a path leads to a property that cannot be missing. Raises `MalformedError`.

    Entries of arrays can always be removed.
    """
    *above, last = parse_path(path)
    holder = type_at(path_text(tuple(above))) if above else Database
    return isinstance(last, str) and members(holder)[last].required


def lowest_free(taken: set[int]) -> int:
    """Return the smallest positive number that is not taken.

    Small ids are easier to type and to tell apart than the random ones that some devices give.
    """
    return next(number for number in range(1, len(taken) + 2) if number not in taken)


def _find(root: Any, steps: Path, *, make: bool = False) -> _Place:
    """Walk to the last step; with `make` an optional part on the way is begun.

    Raises `MalformedError` where no database has such a step, `EditError` where this one has not.
    """
    place = _Place({"": root}, "", Database)
    for number, step in enumerate(steps):
        where = path_text(steps[:number])
        if not place.is_there:
            if not make:
                raise EditError(f"{where} has no value")
            place.holder[place.key] = {} if members(place.annotation) else []
        holder = place.holder[place.key]
        if holder is None:
            raise EditError(f"{where} has no value")
        place = _step(holder, place.annotation, step, where)
    return place


def _step(holder: Any, annotation: Any, step: Step, where: str) -> _Place:
    """Go one step further into `holder`; `where` is the path so far, for messages."""
    if isinstance(step, str):
        known = members(annotation)
        if step not in known:
            what = f"no {step!r}, but {listed(known)}" if known else "no parts"
            raise MalformedError(f"{where or 'the database'} has {what}")
        return _Place(holder, step, known[step].type)
    item = item_type(annotation)
    if item is None:
        raise MalformedError(f"{where} is no array")
    if isinstance(step, int):
        if step >= len(holder):
            raise EditError(f"there is no {where}[{step}]: it has {len(holder)} entries")
        return _Place(holder, step, item)
    return _Place(holder, _chosen(holder, item, step, where), item)


def _type_of(annotation: Any, step: Step) -> Any:
    inner = members(annotation).get(step) if isinstance(step, str) else None
    found = item_type(annotation) if inner is None else inner.type
    if found is None or isinstance(step, str) is not (inner is not None):
        raise MalformedError(f"there is no {path_text((step,))} in a database")
    return found


def _chosen(holder: list[Any], item: Any, step: tuple[str, str], where: str) -> int:
    """Return the position of the one entry that has this value in this property.

    Values are compared as texts, as a path has nothing else; an id that stands twice (a damaged
    database) has to be named by position.
    """
    name, value = step
    if name not in members(item):
        known = listed(members(item)) or "no parts"
        raise MalformedError(f"the entries of {where} have no {name!r}, but {known}")
    found = [place for place, entry in enumerate(holder) if str(entry.get(name)) == value]
    if len(found) == 1:
        return found[0]
    if found:
        raise EditError(f"{where} has several entries with {name} {value}; name one by position")
    there = listed(str(entry[name]) for entry in holder if name in entry) or "none"
    raise EditError(f"{where} has no entry with {name} {value} (there are: {there})")


def _with_id(text: str, item: Any, entries: list[Any]) -> str:
    """Give a new entry the lowest free id unless it has one.

    A text that is no JSON object is handed on as it is; reading it will say what is wrong.
    """
    name = next((name for name in IDS if name in members(item)), None)
    try:
        entry = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    if name is None or not isinstance(entry, dict) or name in entry:
        return text
    number = lowest_free({entry[name] for entry in entries})
    return msgspec.json.encode({name: number, **entry}).decode()


def _name(steps: Path) -> str:
    """Return the name of the property that a path leads into."""
    return next(step for step in reversed(steps) if isinstance(step, str))


def _rebuilt(root: Any) -> Database:
    """Convert a tree back into a database, with all checks of the model."""
    try:
        return msgspec.convert(root, Database, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        raise MalformedError(f"the database cannot be this: {error}") from None
