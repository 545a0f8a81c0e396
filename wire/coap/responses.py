"""From a response to the content of its messages: blocks and options (RFC 7959).

A response that fits one message leaves whole, unless the client has asked for a block of a certain
size. Of a larger one the first block leaves, with an entity tag; the response is kept for as long
as the client may want the rest (`kept_responses`), because blocks of two states put together would
be neither. The client chooses the size of blocks, the server makes them smaller where it likes.

A response that has an entity tag of its own (`Response.etag`) leaves with it in each of its
messages; any other one gets a tag where it is cut into blocks, as these have to be told from those
of another state.

An error's diagnostic text is never cut into blocks: it is shortened (RFC 7252 5.5.2).
"""

from collections.abc import Hashable

from onboardee.wire.coap import options
from onboardee.wire.coap.blocks import Block, cut
from onboardee.wire.coap.kept_responses import KeptResponses, entity_tag
from onboardee.wire.coap.limits import Limits
from onboardee.wire.coap.model import Code, Method, Remote, Request, Response
from onboardee.wire.coap.outbox import Reply


class Responder:
    """Cuts responses into blocks (RFC 7959 2.4)."""

    def __init__(self, limits: Limits) -> None:
        self._exponent = limits.max_block_exponent
        self._whole = 1 << (limits.max_block_exponent + 4)
        self.kept = KeptResponses(limits)

    def continuation(
        self, request: Request, remote: Remote, wanted: Block, now: float
    ) -> Reply | None:
        """Answer the request for a later block from what was kept.

        Without one a GET may be asked anew (`None`). Other methods must not be executed again
        (RFC 7959 2.7), so there the transfer has failed.
        """
        kept = self.kept.find(remote, _key(request), now)
        if kept is not None:
            return self._piece(kept.response, wanted.at_most(self._exponent), kept.etag)
        if request.method is not Method.GET:
            return Reply(Code.REQUEST_ENTITY_INCOMPLETE)
        return None

    def reply(  # noqa: PLR0913 - the answer, whom it is for, and what goes along with it
        self,
        request: Request,
        remote: Remote,
        response: Response,
        now: float,
        *,
        block1: Block | None = None,
        block2: Block | None = None,
        observe: int | None = None,
    ) -> Reply:
        """Turn a response into the content of a message, or of its first block."""
        payload = response.payload
        wanted = (block2 or Block(0, more=False, exponent=self._exponent)).at_most(self._exponent)
        fits = len(payload) <= wanted.size and wanted.number == 0
        is_diagnosis = not response.code.is_success and response.content_format is None
        # 2.03 has no payload that could be in blocks (RFC 7252 5.9.1.3)
        if is_diagnosis or response.code is Code.VALID or (fits and block2 is None):
            return self._content(
                response,
                payload[: self._whole],
                block1=block1,
                observe=observe,
                etag=response.etag,
            )
        if fits:
            return self._piece(response, wanted, response.etag, block1=block1, observe=observe)
        etag = self._keep(request, remote, response, now)
        return self._piece(response, wanted, etag, block1=block1, observe=observe)

    def _keep(self, request: Request, remote: Remote, response: Response, now: float) -> bytes:
        if request.multicast:
            return response.etag or entity_tag(response.payload)
        return self.kept.store(remote, _key(request), response, now).etag

    def _piece(
        self,
        response: Response,
        wanted: Block,
        etag: bytes | None,
        *,
        block1: Block | None = None,
        observe: int | None = None,
    ) -> Reply:
        """Return one block; with the first of many goes the size of the whole (Size2)."""
        found = cut(response.payload, wanted)
        if found is None:
            return Reply(Code.BAD_REQUEST)
        piece, block2 = found
        is_first_of_many = block2.number == 0 and block2.more
        size2 = len(response.payload) if is_first_of_many else None
        return self._content(
            response, piece, block1=block1, block2=block2, observe=observe, etag=etag, size2=size2
        )

    @staticmethod
    def _content(  # noqa: PLR0913 - the options that a response may have
        response: Response,
        payload: bytes,
        *,
        block1: Block | None = None,
        block2: Block | None = None,
        observe: int | None = None,
        etag: bytes | None = None,
        size2: int | None = None,
    ) -> Reply:
        if block1 is None and observe is None:
            head = response.content_format, response.content_version
            area = options.write_content(*head, etag, block2, size2)
            return Reply(response.code, area, payload)
        area = options.write(
            content_format=response.content_format,
            content_version=response.content_version,
            observe=observe,
            etags=() if etag is None else (etag,),
            block1=block1,
            block2=block2,
            size2=size2,
        )
        return Reply(response.code, area, payload)


def _key(request: Request) -> Hashable:
    """Return by what a request for a later block is known to be about the same response."""
    return (
        request.method,
        request.path,
        request.query,
        request.accept,
        request.accept_version,
    )
