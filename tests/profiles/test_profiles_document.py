"""`docs/profiles.md` says what is so."""

import re
from pathlib import Path

import pytest
from reference import DOCUMENT, document

from onboardee.device.simulation.profile import load_all
from onboardee.pki import issuing

GUIDE = DOCUMENT.with_name("guide.md")
BLOCKS = [
    block
    for path in (DOCUMENT, GUIDE)
    for block in re.findall(r"```yaml\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
]
FILES = [block for block in BLOCKS if re.search("^(device|devices|extends):", block, re.MULTILINE)]


def test_the_document_is_current() -> None:
    """Its tables are those that `python tests/profiles/reference.py` would write."""
    assert DOCUMENT.read_text(encoding="utf-8") == document()


@pytest.mark.parametrize(
    "text", FILES, ids=["aquarium", "variant", "several", "guide", "certificates", "pairing"]
)
def test_the_examples_load(tmp_path: Path, text: str) -> None:
    """What a reader copies from it is a profile, beside the certificates that it names."""
    leaf = issuing.root().issue(issuing.manufacturer())
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs" / "chain.pem").write_text(leaf.pem)
    (tmp_path / "certs" / "key.pem").write_text(leaf.key_pem)
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    assert load_all(str(path))
