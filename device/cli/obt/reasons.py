"""Why something failed, as people say it, with the step that it failed at."""

from typing import Final

from onboardee.obt import OnboardingError

_ANSWERS: Final = {
    "4.00": "the device takes the request for a wrong one",
    "4.01": "the device does not let us",
    "4.03": "the device forbids it",
    "4.04": "the device has nothing of that name",
    "4.05": "the device does not know this operation",
    "4.06": "the device cannot do this in its present state",
    "4.13": "too large for the device",
    "5.00": "the device has met a fault of its own",
    "5.03": "the device has no room or no time",
}


def reason(error: BaseException) -> str:
    """Return the reason in words, where there are any, and the error as it is."""
    text = str(error)
    words = _words(error)
    return text if words is None else f"{words} ({text})"


def _words(error: BaseException) -> str | None:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OnboardingError):
            return _of_step(cause)
        cause = cause.__cause__
    return None


def _of_step(error: OnboardingError) -> str | None:
    if "without an owner" in error.expected or error.expected == "owned: false":
        return "already owned"
    if error.step.startswith("read who owns the device") and "answered 4.01" in error.came:
        return "already owned"  # and so it does not tell strangers
    if "with the PIN" in error.step and "alert" in error.came:
        return "wrong PIN"
    _, _, answer = error.came.partition("the device answered ")
    return _ANSWERS.get(answer[:4])
