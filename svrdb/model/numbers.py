"""How large the numbers of a database may be, and who is somebody.

CBOR and JSON know no largest integer, and a peer may send one of a thousand digits. What is read
into the model has a bound, which is also what the databases of other stacks have room for.
"""

import uuid
from typing import Annotated, Final

import msgspec

NIL: Final = uuid.UUID(int=0)
"""The UUID that stands for "nobody". It is never equal to an identity: see `is_same_identity`."""

Number = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
"""An enumeration or a set of bits; 32 of them are the most that any stack keeps."""

EntryId = Annotated[int, msgspec.Meta(ge=1, le=2**32 - 1)]
"""What tells the entries of a list apart."""


def is_same_identity(one: uuid.UUID | None, other: uuid.UUID | None) -> bool:
    """Compare two identities; nobody (None, nil) is not even the same as itself.

    Each decision about a peer compares with this and not with `==`. A peer without identity has
    None, a device without owner nil; if nil were equal to nil, an anonymous peer would be the owner
    of every device that has none, and of each resource whose `rowneruuid` was never set.

    >>> is_same_identity(NIL, NIL)
    False
    """
    return one is not None and one == other and one != NIL
