"""Rules on how the owner comes back, and on what becomes of the ownership connection (CR 2868).

The transfer is over when the owner can act with its own credential. Whether both sides derived the
same key nobody can tell from the transfer itself: the first login shows it. Its handshake is known
by the owner's UUID as PSK identity, or by a certificate.
"""

from uuid import UUID

from onboardee.device.audit.attempts import Attempt
from onboardee.device.audit.exchanges import Exchange, Handshake
from onboardee.device.audit.verdicts import NOT_REACHED, Opinion, failed, passed


def _logins(attempt: Attempt) -> list[Handshake]:
    """Return the handshakes in which the owner names itself after the transfer."""
    if attempt.owned is None or attempt.owner is None:
        return []
    begin = attempt.owned.number
    later = [each for each in attempt.handshakes if each.number > begin and each.suite]
    owner = UUID(attempt.owner).bytes
    return [each for each in later if each.identity == owner or each.has_certificate]


def owner_logs_in(attempt: Attempt) -> Opinion:
    """Judge how the owner comes back: the first session after the transfer is its own.

    A tool that goes through the anonymous handshake again would show that it has not kept the
    key.
    """
    if attempt.to_rfpro is None or attempt.owned is None:
        return NOT_REACHED
    begin = attempt.owned.number
    later = [each for each in attempt.handshakes if each.number > begin and each.suite]
    if not later:
        return NOT_REACHED
    logins = _logins(attempt)
    if later[0] not in logins:
        identity = later[0].identity.hex() or later[0].suite
        return failed("a session with the owner credential", identity, later[0].server_hello)
    return passed(later[0].key_exchange)


def keys_agree(attempt: Attempt) -> Opinion:
    """Judge whether the first login of the owner succeeds.

    Both sides derive the SharedKey from the master secret of the transfer (OCF Security 7.3.2),
    so a failure here means that they did it differently.
    """
    logins = _logins(attempt)
    if not logins:
        return NOT_REACHED
    first = logins[0]
    if not first.is_established:
        alert = first.alert.name if first.alert is not None else "no Finished"
        return failed("a session with the key that the device derived", alert, first.last)
    return passed(first.last)


def transfer_session_closed(attempt: Attempt) -> Opinion:
    """Judge the end of the ownership connection.

    It may be closed, or fall silent when the owner has logged in; used on it may not be, as what is
    asked over it is asked by whoever did the transfer, not by the owner.
    """
    session = attempt.ownership_connection
    if session is None or attempt.to_rfpro is None:
        return NOT_REACHED
    expected = "close_notify, or no use of it once the owner credential works"
    login = next((each for each in _logins(attempt) if each.is_established), None)
    if login is not None and _is_used_after(attempt, session, login):
        return failed(expected, "it was used after the owner's login")
    if session.closed_by is not None:
        return passed(session.alert)
    return failed(expected, "it stayed open") if login is None else passed(login.last)


def _is_used_after(attempt: Attempt, session: Handshake, login: Handshake) -> bool:
    """Tell whether something was asked over a session after the owner's login."""
    if login.ends.peer == session.ends.peer:
        return False  # a session takes the place of the one before it from the same port
    later: list[Exchange] = [each for each in attempt.exchanges if each.number > login.number]
    return any(each.over and each.ends.peer == session.ends.peer for each in later)
