"""What all ways to write a database into a file have in common.

A file begins with a header of format, version and SHA-256 checksum. The checksum is that of the
whole file with zeros in the checksum's own place, so that no octet is left unwatched: a flipped bit
in the header or in the white space of the JSON is found like one in a key. It guards against
accidents, not against an attacker, who could compute it too; whoever can write to the directory has
the keys already.

Version 1 is a database alone: a snapshot, a file for others, and what the first versions of this
program kept. Version 2 also says which commit the file holds and whose journal went into it:
changes that are newer may lie in a journal beside it (see `svrdb.journal`), so that who knows
version 1 only must not take it for all there is, and does not.

    version   database   commit number   folded
    1         yes        -               -
    2         yes        64 bits         digest of the file whose journal is in here
"""

import hashlib
import re
from typing import Final, NamedTuple

import msgspec

from onboardee.svrdb.damage import Place, octet_of
from onboardee.svrdb.model import Database

FORMAT: Final = "onboardee-svr"
ALONE: Final = 1
"""The version of a file that holds a database and nothing else."""
NUMBERED: Final = 2
"""The version of a file that tells which commit it holds."""

DIGEST_SIZE: Final = 16
"""Octets of a digest that names a file. Half of a SHA-256: it has to tell apart the files that one
directory ever held, not to withstand somebody who looks for a second one."""
NOTHING: Final = bytes(DIGEST_SIZE)
"""The digest that stands for no file."""

ALL_PARSES: Final = "all values can be read, so that one of them was changed"
_PATH: Final = re.compile(r"`(\$[^`]*)`$")


class Unreadable(ValueError):  # noqa: N818 - a finding about the content, which a store reports
    """Raised when octets are not an intact database; the text completes "The file ...".

    `octet` is where it is not, counted from the beginning of what was read; None if that is nowhere
    in particular. The text never holds a value of the file, which may be a key.
    """

    def __init__(self, sentence: str, octet: int | None = None) -> None:
        super().__init__(sentence)
        self.octet = octet


class Commit(NamedTuple):
    """Which commit a file holds, and the digest of the file whose journal went into this one.

    `number` counts the commits of a device from 1 on, refused ones included.
    """

    number: int
    folded: bytes = NOTHING


class StoredDatabase(NamedTuple):
    """What a file holds; `commit` is None in version 1."""

    database: Database
    commit: Commit | None


def digest(content: bytes) -> bytes:
    """Return what tells a file from all others, in `DIGEST_SIZE` octets."""
    return hashlib.sha256(content).digest()[:DIGEST_SIZE]


def require_known(version: int) -> None:
    """Raise `Unreadable` for a version that is not ours.

    It is called after the checksum was found right, so that damage to the version is reported as
    damage and not as a file of the future.
    """
    if version not in {ALONE, NUMBERED}:
        raise Unreadable(f"has version {version}, and this program knows version {NUMBERED} only")


def require_same(database: Database, read_back: Database) -> None:
    """Raise ValueError for a database that changes on its way through a file.

    Structures check nothing when built in code: what could not be opened again is refused here.
    """
    if read_back != database:
        raise ValueError("this database would not be the same after reading it back")


def too_short(content: bytes) -> Unreadable:
    """Return the finding for a file that ends before a database can.

    An empty file has a sentence of its own: it is what a program without a sync leaves.
    """
    sentence = f"ends too early, after {len(content)} octets" if content else "is empty"
    return Unreadable(sentence, len(content))


def invalid(error: Exception, places: list[Place], first: int = 0) -> Unreadable:
    """Say which value is wrong, and at which octet; the places begin at octet `first`.

    `places` lists the values up to where the content could be followed (see `svrdb.damage`). An
    error of the model names its value by path, and the octet is looked up; an error of the parser
    is where the list ends.
    """
    path, at = places[-1] if places else ("$", 0)
    if isinstance(error, msgspec.ValidationError):
        found = _PATH.search(str(error))
        path = found[1] if found else "$"
        at = octet_of(places, path) or 0
    octet = first + at
    where = "" if str(error).endswith(f"`{path}`") else f" in `{path}`"
    return Unreadable(f"does not hold a valid database ({error}{where}, octet {octet})", octet)
