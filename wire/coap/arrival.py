"""A request that arrived at a server, with all that its answer depends on."""

from collections.abc import Hashable

from msgspec import Struct

from onboardee.wire.coap.blocks import Block
from onboardee.wire.coap.model import Remote, Request
from onboardee.wire.coap.options import RequestOptions
from onboardee.wire.coap.wire import Frame


class Exchange(Struct, frozen=True, eq=False):
    """A request that waits for its answer, or one block of an upload that waits for leave."""

    request: Request
    remote: Remote
    frame: Frame
    datagram: bytes
    options: RequestOptions
    block1: Block | None = None

    @property
    def is_part(self) -> bool:
        """Tell whether it is a block of an upload with more to follow: `CoapServer.take_in`."""
        return self.block1 is not None and self.block1.more


def upload_key(request: Request) -> Hashable:
    """Return what tells the uploads of one peer apart (RFC 7959 2.5)."""
    return (
        request.method,
        request.path,
        request.query,
        request.content_format,
        request.content_version,
    )
