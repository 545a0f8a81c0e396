"""How large the numbers of a database may be, and who is somebody."""

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
    """Compare two identities; nobody (None, nil) is not even the same as itself."""
    return one is not None and one == other and one != NIL
