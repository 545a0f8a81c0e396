"""What can be wrong with an edit, each as one sentence without secrets.

The two kinds are different exits of the command line: a mistyped command, and a database that is
not as the command takes for granted. Over many devices at once, the latter concerns one of them and
the former all.
"""


class EditError(Exception):
    """Raised when an edit cannot be made on this database: what it names is not there."""


class MalformedError(EditError):
    """Raised when an edit makes no sense on any database: an unknown name, a value of no use."""
