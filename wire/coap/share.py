"""What a server keeps for one kind of peers, within bounds of their own."""

from onboardee.wire.coap.dedup import AnswerMemory
from onboardee.wire.coap.limits import Limits
from onboardee.wire.coap.model import Remote
from onboardee.wire.coap.notifier import Notifier
from onboardee.wire.coap.observe import Observer
from onboardee.wire.coap.outbox import Outbox
from onboardee.wire.coap.responder import Responder
from onboardee.wire.coap.uploads import Uploads


class Share:
    """Remembered answers, uploads, answers in blocks and observers.

    Strangers and peers with a session have a share each, so that nothing that strangers fill is
    missing to the others.
    """

    def __init__(self, outbox: Outbox[Observer], limits: Limits) -> None:
        self.answers = AnswerMemory(limits)
        self.uploads = Uploads(limits)
        self.responder = Responder(limits)
        self.notifier = Notifier(self.responder, outbox, limits)

    def forget(self, remote: Remote) -> None:
        """Drop all that is kept for a peer but its observations."""
        self.answers.forget(remote)
        self.uploads.forget(remote)
        self.responder.snapshots.forget(remote)
