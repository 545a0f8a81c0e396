"""The options of `onboardee run`, as one value: what each of them means is told here."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from onboardee.device.fleet.slices import Slice


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options of `run`."""

    profiles: tuple[str, ...]
    """Names or paths."""
    everything: bool
    """All built-in profiles."""
    count: int
    """So many of each profile."""
    slices: tuple[Slice, ...] = ()
    """Of the devices only this part, and of that the next."""
    workers: str = "1"
    """So many processes, or `auto`."""
    name: str | None
    """In /oic/d; a second device of that name gets a number."""
    state_dir: Path | None
    """Of the device, or of all devices."""
    state_file: Path | None
    """With the state of all devices, in place of directories."""
    adopt: bool
    """Go on with the state of another profile's device."""
    hosts: tuple[str, ...]
    """Addresses to listen at; none: all interfaces."""
    prefixes: tuple[str, ...]
    """Of whose addresses each device has one."""
    port: int
    """Of CoAP; 0: any free."""
    secure_port: int
    """Of CoAP over DTLS; 0: any free."""
    advertised: tuple[str, ...]
    """Endpoints to tell instead of the own ones."""
    otm: tuple[str, ...] | None
    """Owner transfer methods instead of the profile's."""
    pki_certs: Path | None
    """The folder of what a maker puts into the device, under plgd's names."""
    lights: int | None
    """So many in place of the one that the profile has."""
    own_ports_only: bool
    """Leave port 5683 alone."""
    pin: str | None
    """The PIN of the random PIN method, always the same."""
    compat: str | None
    """The name of a preset."""
    uuid: UUID | None
    """Of a device that starts anew."""
    uuid_seed: UUID | None
    """The same, made of a text."""
    seed: str | None
    """From which all random octets follow."""
    codec: str
    """The format of a new database, by name."""
    keylog: Path | None
    """The file for TLS secrets."""
    trace: bool
    """Print all that crosses the border of the devices."""
    trace_to: Path | None
    """The file for the same, as JSON lines."""
    capture: Path | None
    """The file for Wireshark."""
    record: Path | None
    """The file of the recording."""
    speed: float
    """Seconds of the devices' worlds in one of the wall; 0: they stand still."""
    faults: tuple[str, ...]
    """As `device/faults` reads them."""
    metrics: tuple[str, int] | None
    web: tuple[str, int] | None
    web_read_only: bool
    """The dashboard changes nothing."""
    log_format: str
    """`console` or `json`."""
    no_console: bool = False
    """Only write the log, also on a terminal."""
    verbose: bool
    """Log requests, too."""
