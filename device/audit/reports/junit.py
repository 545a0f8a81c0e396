"""An audit as JUnit XML, for continuous integration: a suite each attempt, a case each rule.

A CI shows a case by its class and its name: the class is the level, so that shalls can be looked
at alone, and the name that of the rule.
"""

from xml.etree import ElementTree as ET

from onboardee.device.audit.judgement import Audit, JudgedAttempt
from onboardee.device.audit.reports.console import place_of
from onboardee.device.audit.verdicts import Judged, Verdict


def document(audit: Audit) -> str:
    """Return the XML document. What was not judged is skipped; a known failure, too."""
    root = ET.Element("testsuites", name="onboardee audit")
    for attempt in audit.attempts:
        root.append(_suite(attempt, audit.known))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(attempt: JudgedAttempt, known: frozenset[str]) -> ET.Element:
    """Return one attempt. Only shalls that are not known to be broken count as failures."""
    failed = sum(each.is_failed_must and each.rule.name not in known for each in attempt.verdicts)
    suite = ET.Element(
        "testsuite",
        name=attempt.title,
        tests=str(len(attempt.verdicts)),
        failures=str(failed),
        errors="0",
    )
    for judged in attempt.verdicts:
        suite.append(_case(judged, is_known=judged.rule.name in known))
    return suite


def _case(judged: Judged, *, is_known: bool) -> ET.Element:
    """Return one rule: failed, skipped with the reason why nothing was seen, or passed."""
    rule, opinion = judged.rule, judged.opinion
    case = ET.Element("testcase", classname=f"onboarding.{rule.level}", name=rule.name)
    if judged.is_failed_must and not is_known:
        message = f"expected {opinion.expected}; came {opinion.came}"
        failure = ET.SubElement(case, "failure", message=message, type=str(rule.level))
        place = "" if opinion.item is None else f"\n{place_of(opinion.item)}"
        failure.text = f"{rule.sentence}\n{rule.clause}{place}"
    elif opinion.verdict is not Verdict.PASSED:
        why = f"{opinion.verdict}, and known" if is_known else str(opinion.verdict)
        ET.SubElement(case, "skipped", message=f"{why} {opinion.came}".strip())
    return case
