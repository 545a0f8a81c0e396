"""The next generations of many devices, written by one statement.

What a store commits to a state file is always the same: what `svr.json` has becomes the generation
before, and a new content takes its place. By a statement for each of that, the writer would
exchange Python's lock with the event loop dozens of times in a transaction, and each time wait for
it. So those of all devices that wait are one statement, a transaction by itself.

Rows stay where they are and get another content. To give the old row another name would have to
change the index as well, and free a page and take another, each time.
"""

import json
import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

NOW: Final = "(julianday('now') - 2440587.5) * 86400.0"
"""The time, in seconds since 1970, by the clock of SQLite."""
_WRITE: Final = f"""
WITH new AS MATERIALIZED (
    SELECT json_extract(value, '$[0]') AS device,
        substr(:contents, json_extract(value, '$[1]'), json_extract(value, '$[2]')) AS content
    FROM json_each(:places)
)
INSERT INTO files (device, name, content, changed)
SELECT files.device, :before, files.content, files.changed
FROM new CROSS JOIN files ON files.device = new.device AND files.name = :name
UNION ALL
SELECT device, :name, content, {NOW} FROM new
WHERE true
ON CONFLICT (device, name) DO UPDATE SET content = excluded.content, changed = excluded.changed
"""  # noqa: S608 - ours


class NextGeneration(NamedTuple):
    """A device's file gets a content; what it had is the generation before."""

    device: int
    name: str
    """Of the file."""
    before: str
    """The name of the file that has the generation before."""
    content: bytes

    @property
    def files(self) -> tuple[str, str]:
        """The names of both files, by which those go together that one statement writes."""
        return self.name, self.before


def write_generations(connection: sqlite3.Connection, several: Sequence[NextGeneration]) -> None:
    """Write the next generations of different devices, in files of one name.

    All or none, and durable outside of a transaction. Raises sqlite3.Error.
    """
    places, at = [], 1
    for each in several:
        places.append((each.device, at, len(each.content)))
        at += len(each.content)
    connection.execute(
        _WRITE,
        {
            "contents": b"".join(each.content for each in several),
            "places": json.dumps(places),
            "name": several[0].name,
            "before": several[0].before,
        },
    )
