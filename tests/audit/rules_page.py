"""Writes docs/audit-rules.md from the table of rules: `python tests/audit/rules_page.py`."""

from pathlib import Path

from onboardee.device.audit.table import RULES
from onboardee.device.audit.trials import TRIALS

PAGE = Path(__file__).parents[2] / "docs" / "audit-rules.md"


def document() -> str:
    """Return the page."""
    lines = [
        "# What the audit judges",
        "",
        "Made from the table of rules by `tests/audit/rules_page.py`. Levels: M is a shall of the",
        "standard, S a should or what follows from a shall, I is worth telling.",
        "`onboardee audit --rules` prints it.",
        "",
        "| rule | level | clause | what a tool does |",
        "| --- | --- | --- | --- |",
    ]
    for rule in RULES:
        what = f"{rule.sentence} {rule.consequence and f'If not: {rule.consequence}'}".strip()
        lines.append(f"| `{rule.name}` | {rule.level} | {rule.clause} | {what} |")
    lines += [
        "",
        "## Trials",
        "",
        "What `onboardee audit --trials` runs: devices that are honest except for one thing.",
        "Levels are as above.",
        "",
        "| trial | level | the device | a sound tool |",
        "| --- | --- | --- | --- |",
    ]
    for trial in TRIALS:
        lines.append(f"| `{trial.name}` | {trial.level} | {trial.sentence} | {trial.expectation} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    PAGE.write_text(document(), encoding="utf-8")
