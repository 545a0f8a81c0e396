"""The example of the README that tests a client."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def example() -> Callable[[], Awaitable[None]]:
    """Return the test that the README shows."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (text,) = [block for block in blocks if "fake_device" in block]
    names: dict[str, Callable[[], Awaitable[None]]] = {}
    exec(text, names)
    return names["test_the_light_goes_on"]


async def test_the_readme_tests_a_client() -> None:
    """What the README shows passes as it stands."""
    await example()()
