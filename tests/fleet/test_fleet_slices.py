"""Slices of a fleet, and how many processes run one."""

import pytest

from onboardee.device.fleet.slices import Slice, number_of_workers, parsed_slice


@pytest.mark.parametrize(("devices", "of"), [(10, 3), (7, 7), (1000, 10), (3, 5)])
def test_slices_are_a_whole_of_equal_parts(devices: int, of: int) -> None:
    """Each device is in one of them, in its order, and none has two devices more than another."""
    parts = [Slice(number, of).part(range(devices)) for number in range(1, of + 1)]
    assert [each for part in parts for each in part] == list(range(devices))
    sizes = {len(part) for part in parts}
    assert max(sizes) - min(sizes) <= 1


def test_a_pod_takes_its_slice_from_its_name() -> None:
    """The first pod of a StatefulSet ends in 0 and runs the first slice."""
    assert parsed_slice("ordinal/10", "lamps-0") == Slice(1, 10)
    assert parsed_slice("ordinal/10", "lamps-9.lamps.default.svc") == Slice(10, 10)
    assert parsed_slice("lamps-9/10", "the-node-4") == Slice(10, 10)


@pytest.mark.parametrize(
    ("text", "host", "sentence"),
    [
        ("0/4", "a", "count from 1"),
        ("5/4", "a", "count from 1"),
        ("2", "a", "is no slice"),
        ("ordinal/", "lamps-1", "is no slice"),
        ("ordinal/4", "lamps-4", "no slice 5 of 4"),
        ("ordinal/4", "host", "does not end in -NUMBER"),
        ("lamps/4", "lamps-1", "is no slice"),
        ("-1/4", "lamps-1", "is no slice"),
    ],
)
def test_what_is_no_slice_is_refused(text: str, host: str, sentence: str) -> None:
    """With a sentence that says why."""
    with pytest.raises(ValueError, match=sentence):
        parsed_slice(text, host)


def test_more_workers_than_devices_are_not_started() -> None:
    """And with `auto` each has a hundred devices or more."""
    assert number_of_workers("4", 3) == 3
    assert number_of_workers("auto", 100) == 1
    assert 1 <= number_of_workers("auto", 100_000) <= 1000
