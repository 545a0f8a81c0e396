"""The dashboard for Grafana asks for what there is."""

import json
import re
from pathlib import Path

from prometheus_client import ProcessCollector

from onboardee.device.metrics.measures import Measures
from onboardee.device.metrics.present import Present, families

DASHBOARD = Path(__file__).parents[2] / "deploy" / "grafana-dashboard.json"


def _names() -> set[str]:
    measures = Measures()
    ProcessCollector(registry=measures.registry)
    found = {"onboardee_loop_delay_seconds"}
    for family in (*measures.registry.collect(), *families(Present())):
        ending = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
        found |= {f"{family.name}{end}" for end in ending.get(family.type, ("",))}
    return found


def test_every_series_on_the_dashboard_is_one_that_devices_have() -> None:
    """A panel that asks for a name that is not told would stay empty."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    asked = {
        name
        for panel in panels
        for target in panel["targets"]
        for name in re.findall(r"(?:onboardee|process)_\w+", target["expr"])
    }
    assert len(asked) > 10
    assert asked <= _names()


def test_every_measure_of_devices_is_on_the_dashboard() -> None:
    """But for resets and the reasons for which sessions end, of which one looks at the numbers."""
    text = DASHBOARD.read_text()
    shown = {name for name in _names() if name in text}
    left_out = {
        name.rpartition("_")[0] for name in _names() - shown if name.startswith("onboardee")
    } - {each.rpartition("_")[0] for each in shown}
    assert left_out == {"onboardee_resets", "onboardee_sessions_ended"}
