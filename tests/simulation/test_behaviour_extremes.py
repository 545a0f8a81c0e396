"""Behaviour computes with what clients write: whatever that is, the device goes on."""

from itertools import chain, permutations

import pytest
from behaviour_scene import make_scene, palette
from hypothesis import given, settings
from hypothesis import strategies as st

HOSTILE = [0.0, 1e308, -1e308, 1e-308, 1e15, -1.0, 2**64 - 1]

ENTRIES = """
- {kind: travel, property: /colour#rgb, ramp: /sensor#free}
- {kind: travel, property: /level#level, ramp: /sensor#free, delay: 1}
- {kind: drift, property: /sensor#number, mean: /sensor#free, sigma: 1, every: 1}
- {kind: counter, property: /words#time, source: /sensor#free, scale: 1.0e+300, per: 1, every: 1}
- {kind: follow, source: /sensor#free, target: /level#ramp, scale: 1.0e+300}
- {kind: pulse, property: /switch#value, per_hour: 3600, hold: 1, silent: /sensor#free}
- {kind: couple, when: {property: /sensor#number, above: /sensor#free, hysteresis: 1.0e+308},
   set: {/sensor#alarm: true}, otherwise: {/sensor#alarm: false}}
"""

THERMAL = """
- {kind: thermal, property: /sensor#number, ambient: /sensor#free, tau: 1 min, heating: 1.0e+300,
   cooling: 1.0e+300, target: /sensor#free}
- {kind: counter, property: /words#time, source: /sensor#number, per: 1}
"""


@pytest.mark.parametrize("entries", [ENTRIES, THERMAL])
def test_enormous_numbers(entries: str) -> None:
    """Values stay possible, nothing is raised, and time goes on."""
    scene = make_scene(palette(entries))
    for value in chain.from_iterable(permutations(HOSTILE, 2)):
        scene.put("/sensor#free", value)
        scene.write("/colour#rgb", [255, 1, 7])
        scene.run(2)
        deadline = scene.world.next_deadline()
        assert deadline is None or deadline > scene.now
    scene.leap(1e6)
    scene.put("/sensor#free", 3)
    scene.run(20)
    assert -50 <= scene.get("/sensor#number") <= 50


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=20))
def test_texts_in_the_place_of_durations(text: str) -> None:
    """A counter goes on from where it was when somebody writes nonsense over it."""
    scene = make_scene(
        palette("- {kind: counter, property: /words#time, rate: 1, per: 1, every: 1}")
    )
    scene.run(5)
    scene.write("/words#time", text)
    scene.run(5)
    assert scene.get("/words#time").startswith("P")
