"""Several addresses of one device, tried side by side: the first to answer is used (RFC 8305 5).

Devices tell IPv4 and IPv6 addresses of which some lead nowhere, and a handshake to nowhere lasts a
minute until it is given up. So the next address is begun after a quarter of a second, and the
number of addresses adds nothing to the total time, which the caller sets.
"""

from collections.abc import Sequence
from typing import Final

from onboardee.obt.errors import NoAnswerError
from onboardee.obt.link import Link
from onboardee.obt.mailbox import Mailbox
from onboardee.obt.transport import Transport
from onboardee.wire.dtls import ClientConfig, Session

ATTEMPT_DELAY: Final = 0.25
"""Seconds before the next address is tried too, as long as none has answered (RFC 8305 5)."""


async def race(
    transport: Transport, links: Sequence[Link], config: ClientConfig, *, deadline: float
) -> tuple[Link, Mailbox[Session]]:
    """Begin a handshake on each link in turn; return the first that hears from its device.

    That is decided by the very first answer, which to a server costs no state: it meets one client
    and never counts a second attempt, say with a PIN. The other links are closed. What becomes of
    the handshake comes into the mailbox. If no link hears anything, the last one's failure is
    raised, or `NoAnswerError` at the deadline, and the links stay as they are.
    """
    signs: Mailbox[Link] = Mailbox()
    begun: dict[Link, Mailbox[Session]] = {}
    waiting = list(links)
    failed = 0
    while True:
        if waiting:
            link = waiting.pop(0)
            begun[link] = transport.begin(link, config, signs)
        next_one = transport.now + ATTEMPT_DELAY if waiting else deadline
        try:
            heard = await transport.receive(signs, deadline=min(next_one, deadline))
        except NoAnswerError:
            if transport.now >= deadline:
                raise
            continue
        if heard.has_answered:
            for link in links:
                if link is not heard:
                    transport.close(link)
            return heard, begun[heard]
        failed += 1
        if failed == len(links):
            begun[heard].take()
