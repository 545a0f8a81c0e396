"""The random PIN: how it is made, what key it stands for, when it is gone."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboardee.device.security.pin import ATTEMPTS, PinPad, pin_key, random_pin
from onboardee.wire.entropy import SeededEntropy


def test_key_of_a_known_pin() -> None:
    """PIN and UUID give the key that deployed tools compute."""
    uuid = UUID("0f0f0f0f-1e1e-4d2d-8c3c-4b4b4b4b4b4b")
    assert pin_key("12345678", uuid).hex() == "3880c65857dd076b2be10b15fa8e7425"


@given(
    seed=st.integers(),
    length=st.integers(4, 32),
    alphabet=st.sampled_from(["01", "0123456789", "abcXYZ789"]),
)
def test_pin_has_the_wished_form(seed: int, length: int, alphabet: str) -> None:
    """A PIN has the length and the characters that the profile asks for."""
    pin = random_pin(SeededEntropy(seed), length, alphabet)
    assert len(pin) == length
    assert set(pin) <= set(alphabet)


def test_digits_are_equally_likely() -> None:
    """No digit is favoured."""
    entropy = SeededEntropy(2)
    drawn = "".join(random_pin(entropy, 32, "0123456789") for _ in range(2000))
    counts = [drawn.count(digit) for digit in "0123456789"]
    assert max(counts) - min(counts) < 0.1 * len(drawn) / 10


def test_wrong_pins_count_over_selections() -> None:
    """Selecting the method again shows another PIN and forgives nothing."""
    pins = iter("abcdefgh")
    pad = PinPad(lambda: next(pins))
    for _ in range(ATTEMPTS - 1):
        pad.show()
        pad.note_wrong()
        assert not pad.is_used_up
    assert pad.show() != pad.show()
    pad.note_wrong()
    assert pad.is_used_up
    assert pad.current is None


@pytest.mark.parametrize("end", [PinPad.clear, PinPad.drop])
def test_pin_is_gone_afterwards(end: object) -> None:
    """After the transfer, or when another method was selected, there is no PIN."""
    pad = PinPad(lambda: "1234")
    pad.show()
    end(pad)  # type: ignore[operator]
    assert pad.current is None


def test_pin_is_not_in_the_repr() -> None:
    """A PIN in use is in no debugging output."""
    pad = PinPad(lambda: "97531")
    pad.show()
    assert "97531" not in repr(pad)
