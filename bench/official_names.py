"""Make `profiles/official-names.txt` anew.

Called as `python bench/official_names.py MODELS_DIRECTORY`, which holds OCF's published data
models (the repositories IoTDataModels, core, core-extensions and security beside each other).
Device types are in no model: they stand below, as far as they are known.
"""

import re
import sys
from pathlib import Path

TARGET = Path(__file__).parents[1] / "profiles" / "official-names.txt"
DEVICES = """
airconditioner airpurifier airqualitymonitor battery blind bridge camera coffeemachine
cookerhood cooktop dehumidifier dishwasher door dryer electricmeter fan freezer garagedoor
humidifier kettle light light.smart oven printer receiver refrigerator robotcleaner scanner
securitypanel sensor smartlock smartplug speaker stb switch thermostat tv washer washerdryer
waterheater waterpurifier watervalve window
bloodpressuremonitor bodyscale glucosemeter wallpad
"""
BEYOND = {"oic.r.vodlist", "oic.r.softwareupdate", "oic.r.coapcloudconf"}
"""Types of OCF's specifications of bridging, software update and clouds, which have no models."""
OF_SAMPLES = {"oic.d.cloudDevice"}
"""What IoTivity-Lite made up for a sample that is in the catalogue."""
NAME = re.compile(r"oic\.(?:r|wk)\.[A-Za-z0-9.\-]*[A-Za-z0-9]")


def main() -> None:
    """Write the list."""
    (models,) = sys.argv[1:]
    names = BEYOND | OF_SAMPLES | {f"oic.d.{each}" for each in DEVICES.split()}
    for file in Path(models).rglob("*.json"):
        found = NAME.findall(file.read_text(encoding="utf-8"))
        names.update(each for each in found if not each.endswith(".json"))  # names of files
    head = "# Made by bench/official_names.py from OCF's data models\n"
    TARGET.write_text(head + "".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")


if __name__ == "__main__":
    main()
