"""An audit as people, programs and continuous integration read it."""

import json
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from audit_scene import changed, onboarded, with_fields, without
from click.testing import CliRunner
from rules_page import PAGE, document
from trace_scene import Traced, traced

from onboardee.device.audit.captures import trace_of
from onboardee.device.audit.judgement import Audit, Choice, audit
from onboardee.device.audit.reports import console, html, junit
from onboardee.device.audit.table import RULES
from onboardee.device.audit.verdicts import Level, Verdict
from onboardee.device.cli import main
from onboardee.device.cli.watching import CaptureFile
from onboardee.device.trace import items
from onboardee.device.trace.items import Item
from onboardee.device.trace.pcapng import CaptureError
from onboardee.obt.orders import PLGD


@pytest.fixture(scope="module")
def broken() -> Audit:
    """Audit a tool that does not read deviceuuid again."""
    return audit(onboarded(without("read uuid")).items)


def capture(seen: Traced) -> bytes:
    """Return the capture of what was seen."""
    file = BytesIO()
    writer = CaptureFile(file, began=1_780_000_000.0)
    for line in seen.keylog:
        writer.secret(line)
    for item in seen.items:
        writer(item)
    writer._write()
    return file.getvalue()


def test_the_page_of_rules_is_current() -> None:
    """docs/audit-rules.md lists what the audit judges."""
    assert PAGE.read_text(encoding="utf-8") == document()


def test_the_console_explains_what_failed(broken: Audit) -> None:
    """One line a rule; of a broken one what was expected, what came, where, and the clause."""
    lines = [*console.lines(broken)]
    assert lines[0].startswith("attempt 1: just works, owned by 1111")
    names = [line.split()[-1] for line in lines if line.startswith(("  passed", "  failed"))]
    assert "device-id-read-again" in names
    place = next(at for at, line in enumerate(lines) if line.startswith("  failed"))
    told = "\n".join(lines[place : place + 7])
    assert "expected: GET /oic/sec/doxm after devowneruuid is written" in told
    assert "came:     deviceuuid was not read" in told
    assert "clause:   CR 3006, step 8" in told
    assert "from the tool" in told
    assert "derives another owner key" in told


def test_junit_has_one_failure(broken: Audit) -> None:
    """A case each rule; what was not judged is skipped, as CI systems show it."""
    root = ET.fromstring(junit.document(broken))
    suite = root.find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == (str(len(RULES)), "1")
    failures = [case for case in suite if case.find("failure") is not None]
    assert [case.get("name") for case in failures] == ["device-id-read-again"]
    skipped = {case.get("name") for case in suite if case.find("skipped") is not None}
    assert {"approval", "retransmission"} <= skipped


class Page(HTMLParser):
    """Reads a page: tags, what it would fetch, and identifiers."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag."""
        values = dict(attrs)
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        self.fetched += [str(values[name]) for name in ("src", "data") if name in values]
        self.fetched += [tag] if tag in {"script", "link", "img", "iframe"} else []
        self.ids += [str(values["id"])] if "id" in values else []
        self.links += [str(values["href"])] if "href" in values else []

    def handle_endtag(self, tag: str) -> None:
        """Close a tag."""
        assert self.open.pop() == tag


def test_the_page_needs_nothing_else(broken: Audit) -> None:
    """It is well-formed, fetches nothing, and its links lead to places on it."""
    page = Page()
    text = html.document(broken, "Audit")
    page.feed(text)
    assert page.open == []
    assert page.fetched == []
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert page.links
    assert "http" not in text


def test_a_name_of_a_stranger_stays_text() -> None:
    """Markup in a payload is shown, not obeyed."""

    def marked(item: Item) -> Item:
        if isinstance(item, items.Message) and isinstance(item.content, dict):
            return with_fields(item, content={**item.content, "n": "<script>alert(1)</script>"})
        return item

    text = html.document(audit(changed(onboarded(), marked)), "<b>")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "<h1>&lt;b&gt;</h1>" in text


def test_no_report_tells_a_key() -> None:
    """Also of a tool that sends an explicit key, nothing of it stands in a report."""
    seen = onboarded(PLGD)
    result = audit(seen.items)
    (key,) = {
        bytes(each["privatedata"]["data"], "latin-1")
        if isinstance(each["privatedata"]["data"], str)
        else each["privatedata"]["data"]
        for item in seen.items
        if isinstance(item, items.Message) and isinstance(item.content, dict)
        for each in item.content.get("creds") or ()
        if item.is_request
    }
    texts = [html.document(result, "x"), junit.document(result), *console.lines(result)]
    texts.append(json.dumps(result.plain()))
    assert len(key) == 16
    assert not [text for text in texts if key.hex() in text or key.decode("latin-1") in text]


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        (Choice(), 1),
        (Choice(skipped=frozenset({"device-id-read-again"})), 0),
        (Choice(only=frozenset({"to-rfpro"})), 0),
        (Choice(levels=frozenset({Level.SHOULD})), 0),
        (Choice(known=frozenset({"device-id-read-again"})), 0),
        (Choice(known=frozenset({"to-rfpro"})), 1),
    ],
)
def test_what_counts(choice: Choice, code: int) -> None:
    """Chosen rules count, known failures are told and change no exit code."""
    result = audit(onboarded(without("read uuid")).items, choice)
    assert result.exit_code == code


def test_nothing_to_judge() -> None:
    """Where no tool came there is no verdict to be proud of."""
    assert audit([]).exit_code == 2


def test_attempts_are_told_apart() -> None:
    """After a reset the next ownership is an attempt of its own, with its own verdicts."""
    seen = onboarded(without("read uuid"))
    owned = seen.own_again()
    assert owned is not None
    result = audit(seen.items)
    assert [attempt.attempt.number for attempt in result.attempts] == [1, 2]
    first, second = (
        {each.rule.name: each.opinion.verdict for each in attempt.verdicts}
        for attempt in result.attempts
    )
    assert first["device-id-read-again"] is Verdict.FAILED
    assert second["owner-credential-sent"] is Verdict.PASSED


def test_a_capture_is_judged_as_what_was_seen() -> None:
    """Of a capture with its secrets each rule comes out as of the trace itself."""
    seen = onboarded(without("read uuid"))
    from_capture = audit(trace_of(capture(seen)))
    of_trace = audit(seen.items)
    assert [each.opinion.verdict for each in from_capture.attempts[0].verdicts] == [
        each.opinion.verdict for each in of_trace.attempts[0].verdicts
    ]


def test_the_command_judges_a_file(tmp_path: Path) -> None:
    """`onboardee audit --from` prints the report, writes the files, and its exit code says it."""
    (tmp_path / "c.pcapng").write_bytes(capture(onboarded(without("read uuid"))))
    page, suite = tmp_path / "a.html", tmp_path / "a.xml"
    options = ["--from", str(tmp_path / "c.pcapng"), "--report", str(page), "--junit", str(suite)]
    result = CliRunner().invoke(main, ["audit", *options])
    assert result.exit_code == 1
    assert "  failed         M  device-id-read-again" in result.output
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert ET.parse(suite).getroot().tag == "testsuites"
    (tmp_path / "known").write_text("device-id-read-again  # since version 3\n", encoding="utf-8")
    known = CliRunner().invoke(
        main, ["audit", *options, "--known", str(tmp_path / "known"), "--json"]
    )
    assert known.exit_code == 0
    assert json.loads(known.output)["exit_code"] == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--only", "no-such-rule", "light"], "there is no rule and no trial no-such-rule"),
        (["--only", "token", "light"], "no trial token; do you mean tokens?"),
        (["--skip", "tokens,refuse-owned", "light"], "refuse-owned; do you mean refuses-owned?"),
        (["--only", "refuses-owned", "light"], "refuses-owned is a trial: it needs --trials"),
        (["--level", "MX", "light"], "there is no level X"),
        (["--level", ",", "light"], "no level is named"),
        (["--level", "X", "light"], "some of M (shall), S (should) and I"),
    ],
)
def test_a_wrong_word_is_said(arguments: list[str], sentence: str) -> None:
    """Who misspells a rule or a level reads which ones there are."""
    result = CliRunner().invoke(main, ["audit", *arguments])
    assert result.exit_code == 2
    assert sentence in " ".join(result.output.split())


def test_a_capture_without_a_device() -> None:
    """What cannot be judged is said with the reason."""
    seen = traced()
    with pytest.raises(CaptureError, match="no UDP datagram"):
        trace_of(capture(seen))
    seen.own()
    with pytest.raises(
        CaptureError, match=r"nobody asks 192\.0\.2\.7; devices in the capture: 10\."
    ):
        trace_of(capture(seen), device=["192.0.2.7"])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"tokens\n\n# a comment\nmesage-ids # known\n", "line 4: there is no rule and no trial"),
        (b"tokens\n\n# a comment\nmesage-ids # known\n", "do you mean message-ids?"),
        (b"\xff\xfe", "it is not text in UTF-8"),
    ],
)
def test_a_mistake_in_the_file_of_known_failures(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    """Who mistypes a rule there reads in which line, and what there is instead."""
    path = tmp_path / "known"
    path.write_bytes(content)
    result = CliRunner().invoke(main, ["audit", "light", "--known", str(path)])
    assert result.exit_code == 2
    assert sentence in " ".join(result.output.split())
