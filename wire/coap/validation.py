"""Answers to those who have the representation already (RFC 7252 5.10.6.2, 5.9.1.3).

A client that keeps what it has read names the entity tags of it when it reads again. If one of them
is that of the present representation, it is told so by 2.03, without the representation. The same
holds for notifications: the tags are those of the registration (RFC 7641 3.3.2).
"""

from onboardee.wire.coap.model import Code, Request, Response


def validated(request: Request, response: Response) -> Response:
    """Return 2.03 in place of a representation that the client has, otherwise the response.

    A request to a group has no entity tags (RFC 7252 8.2.1); what it has of them is passed over.
    """
    if response.etag not in request.etags or response.code is not Code.CONTENT:
        return response
    if request.multicast:
        return response
    return Response(Code.VALID, observe_as=response.observe_as, etag=response.etag)
