"""What can go wrong with a store, each as one sentence: where, what, and what to do about it."""


class StoreError(Exception):
    """The base of all errors of a store; its text is one sentence and never holds a secret.

    `path` is the file or directory, `what` what is wrong with it, `remedy` what a person may do.
    The command line prints the sentence as it is.
    """

    def __init__(self, path: str, what: str, remedy: str) -> None:
        super().__init__(f"{path} {what}; {remedy}")
        self.path = path
        self.what = what
        self.remedy = remedy


class StoreDamaged(StoreError):  # noqa: N818 - says what the store is
    """Raised at opening when there was a device, but its database cannot be trusted.

    `octet` is where the file is damaged, None if that is nowhere in particular.
    """

    def __init__(self, path: str, what: str, remedy: str, octet: int | None = None) -> None:
        super().__init__(path, what, remedy)
        self.octet = octet


class StoreMissing(StoreError):  # noqa: N818 - says what the store is
    """Raised where a device, a generation or a snapshot of one was asked for and there is none."""


class StoreUnavailable(StoreError):  # noqa: N818 - says what the store is
    """Raised when the storage refuses: full, read-only, failing or not accessible.

    A device that runs answers the request that caused it with 5.03 and goes on; nothing is lost but
    that change.
    """


class StoreLocked(StoreError):  # noqa: N818 - says what the store is
    """Raised at opening when another open store holds the directory; `pid` is None if unknown."""

    def __init__(self, path: str, pid: int | None) -> None:
        holder = "another process" if pid is None else f"process {pid}"
        super().__init__(path, f"is in use by {holder}", "stop it or choose another directory")
        self.pid = pid
