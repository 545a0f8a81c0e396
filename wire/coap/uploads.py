"""Requests that arrive in blocks (Block1, RFC 7959 2.5).

The blocks of an upload have to come in order; a block that is repeated is taken for what it is, and
one out of order ends the upload with 4.08. What is unfinished is memory that peers fill without
having asked for anything yet, so each block but the last has to pass the gate, too (`take_in` of
`CoapServer`), and the bounds are tight: two at a time for a peer, a size for each, a number of all.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import NamedTuple

from onboardee.wire.coap.blocks import Block
from onboardee.wire.coap.limits import Limits
from onboardee.wire.coap.model import Code, Remote


class UploadOutcome(NamedTuple):
    """What a block led to: 2.31, a refusal, or the joined body."""

    code: Code
    body: bytes | None = None
    size1: int | None = None


@dataclass(slots=True)
class _Upload:
    remote: Remote
    key: Hashable
    touched: float
    body: bytearray = field(default_factory=bytearray)


class Uploads:
    """The unfinished uploads of all peers, each under its peer and a key made of its options."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._peers: dict[Remote, dict[Hashable, _Upload]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(  # noqa: PLR0913 - the block, where it belongs, and when
        self,
        remote: Remote,
        key: Hashable,
        block: Block,
        payload: bytes,
        *,
        announced: int | None,
        now: float,
    ) -> UploadOutcome:
        """Put a block to its upload.

        `announced` is the Size1 option's value. The first block begins anew whatever was there.
        """
        if len(payload) > block.size or (block.more and len(payload) != block.size):
            return UploadOutcome(Code.BAD_REQUEST)
        upload = self._find(remote, key, block, now)
        if isinstance(upload, Code):
            return UploadOutcome(upload)
        total = max(block.offset + len(payload), announced or 0)
        if total > self._limits.max_request_size:
            self._remove(remote, key)
            return UploadOutcome(Code.REQUEST_ENTITY_TOO_LARGE, size1=self._limits.max_request_size)
        return self._append(upload, block, payload, now)

    def drop(self, remote: Remote, key: Hashable) -> None:
        """Drop one upload."""
        self._remove(remote, key)

    def clear(self) -> None:
        """Drop everything."""
        self._peers.clear()
        self._count = 0

    def forget(self, remote: Remote) -> None:
        """Drop all uploads of a peer."""
        self._count -= len(self._peers.pop(remote, ()))

    def _find(self, remote: Remote, key: Hashable, block: Block, now: float) -> _Upload | Code:
        """Return the upload that a block belongs to, or why there is none."""
        if block.number == 0:
            self._remove(remote, key)
            return self._begin(remote, key, now)
        upload = self._peers.get(remote, {}).get(key)
        if upload is None or now - upload.touched > self._limits.upload_lifetime:
            self._remove(remote, key)
            return Code.REQUEST_ENTITY_INCOMPLETE
        return upload

    def _begin(self, remote: Remote, key: Hashable, now: float) -> _Upload | Code:
        """Begin an upload; a peer's oldest one makes room for it, but none of another peer."""
        mine = self._peers.get(remote, {})
        if len(mine) >= self._limits.uploads_per_remote:
            self._remove(remote, min(mine, key=lambda other: mine[other].touched))
        if self._count >= self._limits.uploads:
            self._expire(now)
        if self._count >= self._limits.uploads:
            # An upload in progress is not given up for a new one, or a flood of first blocks
            # would keep everybody from finishing.
            return Code.SERVICE_UNAVAILABLE
        upload = _Upload(remote, key, now)
        self._peers.setdefault(remote, {})[key] = upload
        self._count += 1
        return upload

    def _append(self, upload: _Upload, block: Block, payload: bytes, now: float) -> UploadOutcome:
        """Add a block that comes next; one that was there already changes nothing."""
        body = upload.body
        end = block.offset + len(payload)
        is_repeat = end <= len(body) and body[block.offset : end] == payload
        if block.offset == len(body):
            body += payload
        elif not is_repeat:
            self._remove(upload.remote, upload.key)
            return UploadOutcome(Code.REQUEST_ENTITY_INCOMPLETE)
        upload.touched = now
        if block.more:
            return UploadOutcome(Code.CONTINUE)
        self._remove(upload.remote, upload.key)
        return UploadOutcome(Code.CHANGED, bytes(body))

    def _expire(self, now: float) -> None:
        oldest = now - self._limits.upload_lifetime
        for remote, mine in list(self._peers.items()):
            for key in [key for key, upload in mine.items() if upload.touched < oldest]:
                self._remove(remote, key)

    def _remove(self, remote: Remote, key: Hashable) -> None:
        mine = self._peers.get(remote)
        if mine is not None and mine.pop(key, None) is not None:
            self._count -= 1
            if not mine:
                del self._peers[remote]
