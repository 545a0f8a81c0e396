"""What can be wrong with another stack's database, and what is lost on the way to one.

All readers raise this one class, for whoever imports a file wants one sentence on why it was
refused, whatever the form. The store's own files have errors of their own (`svrdb.errors`), as
there a generation before can be gone back to.
"""


class FormatError(ValueError):
    """Raised when content is not what its form promises; the text is one sentence, no secrets.

    `key` is the property it is about ("cred.creds[0].credid"), or "" for the whole; `offset` the
    octet of the file at which it begins, None where there are no octets to count.
    """

    def __init__(self, what: str, *, key: str = "", offset: int | None = None) -> None:
        place = "" if offset is None else f"at octet {offset}"
        where = f"{key} ({place})" if key and place else key or place
        super().__init__(f"{where}: {what}" if where else what)
        self.what = what
        self.key = key
        self.offset = offset
