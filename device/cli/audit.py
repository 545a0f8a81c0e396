"""`onboardee audit`: devices that judge the tool that takes ownership of them.

One command, three ways: it runs devices as `run` does and watches (`auditing`), it reads a capture
(`--from`), or it tries a tool with devices that misbehave (`trying`). It takes all options of
`run`, so that a tool is judged with the very device that it has to get along with. What the rules
and trials are made of is imported where it is needed: `--help` has to be quick.

The options that are the audit's own are taken out (`_OWN`), and what is left is given to `run` as
it is. So an option that `run` gets later is one of the audit's at once.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onboardee.device.cli.run import run, run_options

if TYPE_CHECKING:
    from onboardee.device.trace.items import Item


def _names(_context: click.Context, option: click.Parameter, value: tuple[str, ...]) -> object:
    """Read --only and --skip: names of rules and trials, with patterns.

    Raises `click.BadParameter`.
    """
    # the rules come along, which --help does without
    from onboardee.device.cli.audit_names import NamesError, named  # noqa: PLC0415

    try:
        return named(value)
    except NamesError as error:
        raise click.BadParameter(str(error), param=option) from error


def _list_rules(context: click.Context, _option: click.Parameter, value: bool) -> None:
    """Print all rules and trials, and end; nothing else is looked at."""
    if not value or context.resilient_parsing:
        return
    from onboardee.device.audit.table import RULES  # noqa: PLC0415
    from onboardee.device.audit.trials import TRIALS  # noqa: PLC0415
    from onboardee.device.cli.terminal import table  # noqa: PLC0415

    rows = [(str(rule.level), rule.name, rule.clause, rule.sentence) for rule in RULES]
    click.echo("\n".join(table(rows)))
    click.echo("\nTrials (--trials):\n")
    trials = [(each.name, str(each.expectation), each.sentence) for each in TRIALS]
    click.echo("\n".join(table(trials)))
    context.exit()


def _known(_context: click.Context, option: click.Parameter, path: Path | None) -> object:
    """Read the names of failures that are no news. Raises `click.BadParameter`."""
    from onboardee.device.cli.audit_names import NamesError, read  # noqa: PLC0415

    try:
        return frozenset() if path is None else read(path)
    except NamesError as error:
        raise click.BadParameter(str(error), param=option) from error


def _levels(_context: click.Context, _option: click.Parameter, value: str) -> object:
    """Read --level: the letters of levels in any order. Raises `click.BadParameter`."""
    wanted = frozenset(value.upper().replace(",", ""))
    strange = sorted(wanted - {"M", "S", "I"})
    if strange or not wanted:
        said = f"there is no level {strange[0]}" if strange else "no level is named"
        raise click.BadParameter(f"{said}: some of M (shall), S (should) and I (information)")
    return wanted


@click.command(
    "audit",
    epilog="""\b
Examples:
  onboardee audit light --report audit.html
  onboardee audit light --otm rdp --junit audit.xml --skip discovery-multicast
  onboardee audit light --trials --obt 'mytool own coap://{host}:{port}'
  onboardee audit light --trials --side-by-side
  onboardee audit --from traffic.pcapng --device 192.0.2.7""",
)
@run_options
@click.option(
    "--report", type=click.Path(path_type=Path), metavar="FILE", help="Write a HTML page."
)
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write JUnit XML.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--only", multiple=True, callback=_names, metavar="RULES", help="Judge these only.")
@click.option("--skip", multiple=True, callback=_names, metavar="RULES", help="Not these.")
@click.option(
    "--level",
    "levels",
    default="MSI",
    callback=_levels,
    metavar="LEVELS",
    help="Judge rules of these levels: some of M, S and I.",
)
@click.option(
    "--known",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    callback=_known,
    metavar="FILE",
    help="Rules and trials, one a line, whose failure is known: they are told, and change no exit "
    "code.",
)
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Judge a capture (pcapng or pcap) of any device, or a recording of ours (run --record), "
    "instead of running one.",
)
@click.option(
    "--keys",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --from: the key log, where the capture holds no secrets.",
)
@click.option(
    "--device",
    "addresses",
    multiple=True,
    metavar="ADDR",
    help="With --from: the address of the device; may repeat.",
)
@click.option(
    "--rules",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_rules,
    help="List the rules.",
)
@click.option(
    "--trials",
    is_flag=True,
    help="Run trials: devices that misbehave in one thing each, with --obt or --side-by-side.",
)
@click.option(
    "--obt",
    metavar="COMMAND",
    help="The tool: its command line, with {uuid}, {host}, {port}, {secure_port}, {pin}, "
    "{anchors}, {trial}. Exit code 0 is its claim to own the device.",
)
@click.option(
    "--side-by-side",
    is_flag=True,
    help="All trials at once, for people with a graphical tool: each device is named after its "
    "trial, and the terminal says what is left.",
)
@click.option(
    "--root",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the root certificate that the tool has to trust in trials of certificates.",
)
@click.option(
    "--parallel", type=click.IntRange(1, 64), default=1, metavar="N", help="Trials at a time."
)
@click.option(
    "--timeout",
    type=click.FloatRange(1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="In which the tool has to say how a trial went; side by side: an attempt is over when "
    "nothing came for so long.",
)
@click.pass_context
def command(context: click.Context, /, **options: Any) -> None:
    """Judge an onboarding tool by what it does to a device.

    Runs devices as `onboardee run` does. Own them with your tool, as often as you like; Ctrl-C ends
    it with the report. Exit code 0: every shall was kept; 1: some were not; 2: nothing to judge.
    """
    from onboardee.device.audit.judgement import Choice  # noqa: PLC0415
    from onboardee.device.audit.verdicts import Level  # noqa: PLC0415
    from onboardee.device.cli.auditing import Auditor, Reports  # noqa: PLC0415

    own = {name: options.pop(name) for name in _OWN}
    levels = frozenset(map(Level, own["levels"]))
    choice = Choice(own["only"], own["skip"], levels, own["known"])
    reports = Reports(own["as_json"], own["report"], own["junit"])
    if own["source"] is not None:
        _require_rules(own["only"])
        context.exit(_judge_file(own, choice, reports))
    if own["trials"] or own["obt"] or own["side_by_side"]:
        context.exit(_try(own, options, choice, reports))
    _require_rules(own["only"])
    auditor = Auditor(choice, reports)
    run(context, options, auditor)
    context.exit(
        auditor.finish(f"Audit of an onboarding tool with {' '.join(options['profiles'])}")
    )


_OWN = (
    "report",
    "junit",
    "as_json",
    "only",
    "skip",
    "levels",
    "known",
    "source",
    "keys",
    "addresses",
    "trials",
    "obt",
    "side_by_side",
    "root",
    "parallel",
    "timeout",
)
"""The options that `run` has not."""


def _require_rules(only: frozenset[str]) -> None:
    """Refuse to judge by nothing but trials where none is run: all would be well."""
    from onboardee.device.audit.trials import TRIALS  # noqa: PLC0415

    trials = sorted(only & {trial.name for trial in TRIALS})
    if trials:
        raise click.UsageError(f"--only: {trials[0]} is a trial: it needs --trials")


def _try(own: dict[str, Any], options: dict[str, Any], choice: Any, reports: Any) -> int:
    """Try a tool with one profile; return the exit code. Raises `click.ClickException`."""
    from onboardee.device.cli.configuring import configured  # noqa: PLC0415
    from onboardee.device.cli.run_options import RunOptions  # noqa: PLC0415
    from onboardee.device.cli.trying import Wanted, run_trials  # noqa: PLC0415
    from onboardee.device.simulation.profile import ProfileError, load  # noqa: PLC0415

    _require_tool(own)
    if len(options["profiles"]) != 1:
        raise click.UsageError("trials are of one PROFILE")
    try:
        profile = configured(load(options["profiles"][0]), RunOptions(**options))
    except ProfileError as error:
        raise click.ClickException(str(error)) from error
    wanted = Wanted(
        profile, options["hosts"], own["obt"], own["parallel"], own["timeout"], own["root"]
    )
    return run_trials(wanted, choice, reports)


def _require_tool(own: dict[str, Any]) -> None:
    """Require that it is said who tries the tool: a command, or people."""
    is_with_command = own["obt"] is not None
    if not own["trials"]:
        raise click.UsageError("--obt and --side-by-side are for --trials")
    if is_with_command is own["side_by_side"]:
        raise click.UsageError("--trials needs --obt COMMAND or --side-by-side, and not both")


def _trace_of(source: Path, own: dict[str, Any]) -> "list[Item]":
    """Return the trace of a device in a file: a recording is replayed, a capture taken apart."""
    from onboardee.device.audit import captures  # noqa: PLC0415
    from onboardee.device.recording import replay  # noqa: PLC0415
    from onboardee.device.recording.format import RecordingError, is_recording  # noqa: PLC0415
    from onboardee.device.trace.pcapng import CaptureError  # noqa: PLC0415

    content = source.read_bytes()
    try:
        if not is_recording(content):
            keys = "" if own["keys"] is None else own["keys"].read_text("ascii", "replace")
            return captures.trace_of(content, keys, own["addresses"])
        if own["keys"] is not None or own["addresses"]:
            raise click.UsageError("--keys and --device are for captures: a recording has both")
        return replay.trace_of(source)
    except CaptureError as error:
        raise click.ClickException(f"{source}: {error}") from error
    except RecordingError as error:
        raise click.ClickException(str(error)) from error


def _judge_file(own: dict[str, Any], choice: Any, reports: Any) -> int:
    """Judge what is in a file, and write the reports; return the exit code."""
    from onboardee.device.audit.judgement import audit  # noqa: PLC0415
    from onboardee.device.cli.auditing import write  # noqa: PLC0415

    source: Path = own["source"]
    result = audit(_trace_of(source, own), choice)
    write(result, reports, f"Audit of {source.name}")
    return result.exit_code
