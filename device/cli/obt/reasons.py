"""Why something failed, as people say it, with the step that it failed at.

A device says why with a response code, an alert, or by not being as it should. Each of these has
words for people and a code for programs here, so that both are told the same.
"""

from typing import Final

from onboardee.obt import OnboardingError

_ANSWERS: Final = {
    "4.00": ("bad-request", "the device takes the request for a wrong one"),
    "4.01": ("unauthorized", "the device does not let us"),
    "4.03": ("forbidden", "the device forbids it"),
    "4.04": ("not-found", "the device has nothing of that name"),
    "4.05": ("not-allowed", "the device does not know this operation"),
    "4.06": ("not-acceptable", "the device cannot do this in its present state"),
    "4.13": ("too-large", "too large for the device"),
    "5.00": ("device-fault", "the device has met a fault of its own"),
    "5.03": ("device-busy", "the device has no room or no time"),
}
"""What response codes mean here, by code: a word for programs, and words for people."""
_OWNED: Final = ("already-owned", "already owned")
"""What a device means that has an owner already."""
_PIN: Final = ("wrong-pin", "wrong PIN")
"""What a handshake means that ends when the PIN's key is used."""
_WRONG_KEY: Final = ("the peer sent bad_record_mac", "the peer sent decrypt_error")
"""How a server says that its key is another (RFC 5246 7.2.2): the first Finished is unreadable."""


def reason(error: BaseException) -> str:
    """Return the reason in words, where there are any, and the error as it is."""
    text = str(error)
    words = _words(error)
    return text if words is None else f"{words} ({text})"


def said_by_device(error: OnboardingError) -> tuple[str, str]:
    """Return the code and the words for what a device said, both empty if it said nothing known.

    A device says nothing known where it was silent, or answered something that it must not; then
    the error itself tells.
    """
    if "without an owner" in error.expected or error.expected == "owned: false":
        return _OWNED
    if error.step.startswith("read who owns the device") and "answered 4.01" in error.came:
        return _OWNED  # and so it does not tell strangers
    if "with the PIN" in error.step and error.came.endswith(_WRONG_KEY):
        return _PIN
    _, _, answer = error.came.partition("the device answered ")
    return _ANSWERS.get(answer[:4], ("", ""))


def _words(error: BaseException) -> str | None:
    """Return what a device said, of the first cause that is about one."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OnboardingError):
            return said_by_device(cause)[1] or None
        cause = cause.__cause__
    return None
