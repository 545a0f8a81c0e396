"""Editing a database: pure functions that return another one, for commands, tests and libraries.

Nothing here reads or writes a file, knows the time or makes a key: these are arguments. An edit
that cannot be made raises `EditError`; whether the result makes sense is for `svrdb.worsened`, so
that a broken database can be mended in steps, and one can be broken on purpose, to see what a tool
makes of it.

Two ways lead to every property. The general one is a path and a value (`get`, `put`, `append`,
`remove`); it follows from the model and knows nothing of what properties mean. The other one is a
function for each thing that people want done and that takes several properties: an owner (`own`,
`unown`), an entry (`add_ace`, `add_credential`), a state (`set_state`).

>>> changed = put(database, "pstat.om", "4")
>>> changed = add_ace(
...     changed,
...     subject=make_subject(connection=Connection.ANYONE),
...     resources=[read_resource("/oic/d")],
...     permission=Permission.RETRIEVE,
... )
>>> get(changed, "acl2.aclist2[0].aceid")
1

A change of a running device goes the same way, in two places: the command makes the new database
from the one that it has read, and the device takes it if it still has that one.
"""

from onboardee.svrdb.editor.access import (
    add_ace,
    make_resource,
    make_subject,
    read_resource,
    read_validity,
    remove_aces,
    subject_text,
)
from onboardee.svrdb.editor.credentials import (
    INPUT_ENCODINGS,
    add_credential,
    make_context,
    read_key,
    read_oscore_id,
    read_pin,
    read_private,
    read_public,
    remove_credentials,
)
from onboardee.svrdb.editor.errors import EditError, MalformedError
from onboardee.svrdb.editor.ownership import OWNED_STATES, new_uuid, own, set_state, unown
from onboardee.svrdb.editor.tree import append, get, put, remove, type_at

__all__ = [
    "INPUT_ENCODINGS",
    "OWNED_STATES",
    "EditError",
    "MalformedError",
    "add_ace",
    "add_credential",
    "append",
    "get",
    "make_context",
    "make_resource",
    "make_subject",
    "new_uuid",
    "own",
    "put",
    "read_key",
    "read_oscore_id",
    "read_pin",
    "read_private",
    "read_public",
    "read_resource",
    "read_validity",
    "remove",
    "remove_aces",
    "remove_credentials",
    "set_state",
    "subject_text",
    "type_at",
    "unown",
]
