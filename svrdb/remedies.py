"""What to do about a damaged database, in words for the person who has to decide.

The program never chooses: the journal may be of another file, the generation before lacks a change,
and to begin anew gives up owner and keys. Each sentence names what there is to choose from here,
with the command for it, and leaves out ways that would fail.
"""

from typing import Final

OTHERS: Final = "use another one, which `onboardee svr snapshots` lists"
"""For a damaged snapshot or generation before."""

_RESTORE_JOURNAL: Final = "`onboardee svr restore --journal`"


def for_database(location: str, *, in_journal: bool, has_previous: bool) -> str:
    """Return what to do about a damaged or missing database.

    The newest change in the journal is proposed before the generation before, which is older.
    """
    begin = f"remove {location} to begin as a new device"
    if in_journal:
        last = "the last change in the journal beside it"
        return f"go on with {last} with {_RESTORE_JOURNAL}, or {begin}"
    if not has_previous:
        return f"restore a copy of it, or {begin}"
    return (
        "restore the generation before it with `onboardee svr restore --previous`, which may lack "
        f"the last change, or a copy, or {begin}"
    )


def for_exchange(journal: str, newest: int) -> tuple[str, str]:
    """Return what is wrong with a database that the journal does not follow, and what to do.

    `newest` is the number of the last change in the journal.
    """
    what = (
        f"was edited by hand or exchanged: the changes in {journal}, up to {newest}, were made to "
        "another file"
    )
    remedy = (
        f"go on with the last of these with {_RESTORE_JOURNAL}, or with the file as it is by "
        f"removing {journal}"
    )
    return what, remedy


def for_journal(journal: str, missing: int, newest: int | None, file: str) -> tuple[str, str]:
    """Return what is wrong with a journal that lacks a change, and what to do.

    `missing` is the number of the first that is not there, `newest` of the last that is.
    """
    what = f"is damaged (change {missing}, which was acknowledged, cannot be read)"
    if newest is None:
        return what, f"remove {journal} to go on with what is in {file}, which lacks that change"
    lacking = ", which lacks that one" if newest < missing else ""
    return what, f"go on with change {newest}{lacking}, with {_RESTORE_JOURNAL}"


def later_version(journal: str) -> str:
    """Return what to do about a change that this version does not understand."""
    return f"use the version of this program that wrote {journal}"
