"""What can be wrong with an edit, each as one sentence without secrets."""


class EditError(Exception):
    """Raised when an edit cannot be made on this database: what it names is not there."""


class MalformedError(EditError):
    """Raised when an edit makes no sense on any database: an unknown name, a value of no use."""
