"""What all parts of a profile have in common, and how they say that something is wrong.

A section is a frozen structure that refuses keys that it does not have, since a misspelled setting
that is passed over would silently do nothing. What msgspec cannot say, a relation between two keys,
is checked in `__post_init__` and raised as `MisplacedError`, whose path lets the sentence name the
line.
"""

import msgspec


class ProfileError(Exception):
    """A profile cannot be used; the message says which, where and why."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Common to all parts of a profile: an unknown key is a mistake.

    Everything in a profile derives from it, down to a condition of a behaviour.
    """


class MisplacedError(ValueError):
    """A part of a profile does not fit the rest; `path` leads to it from the section."""

    def __init__(self, sentence: str, *path: str | int) -> None:
        super().__init__(sentence)
        self.path = path
