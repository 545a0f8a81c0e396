"""The page with the walk of the provisioning guide says what the commands answer."""

import os

import pytest
from network_support import needs_a_network
from wiki_walk import DOCUMENT, lasting, walked


@pytest.mark.skipif(
    not os.environ.get("ONBOARDEE_LONG"), reason="takes a minute: set ONBOARDEE_LONG, as CI does"
)
@needs_a_network
def test_each_command_of_the_page_answers_as_it_says() -> None:
    """From the sample servers to the file that IoTivity starts from, line for line."""
    page = DOCUMENT.read_text(encoding="utf-8")
    assert page.count("$ onboardee ") > 15
    assert lasting(walked()) == lasting(page)
