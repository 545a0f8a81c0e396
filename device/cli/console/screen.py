"""The terminal: draws what it is given, and tells which keys are pressed.

It has a thread and an event loop of its own. A terminal that does not read (a stopped `tmux`, a
line that broke) holds up whoever writes to it, and that must not be the devices. Between the two
threads go finished pictures in one direction and names of keys in the other.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from threading import Event, Thread
from typing import Final

from prompt_toolkit.application import Application
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.output import ColorDepth, Output

from onboardee.device.cli.console.picture import Line

Draw = Callable[[int, int], list[Line]]
"""Returns the lines of a screen of so many columns and lines; called in the screen's thread."""
BETWEEN: Final = 0.05
"""Seconds between two pictures, at least."""
PATIENCE: Final = 2.0
"""Seconds that the terminal has at the end to become what it was."""


class Screen:
    """A terminal that is drawn in whole, and gives its own picture back at the end."""

    def __init__(
        self,
        draw: Draw,
        press: Callable[[str], None],
        *,
        has_colour: bool,
        source: Input | None = None,
        target: Output | None = None,
    ) -> None:
        """`press` is called in the screen's thread with the name of a key.

        `source` and `target` are the terminal of the process if left out.
        """
        self._draw = draw
        self._press = press
        self._has_colour = has_colour
        self._source = source
        self._target = target
        self._app: Application[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_open = Event()
        self._thread = Thread(target=self._run, name="onboardee-screen", daemon=True)
        self.failure: BaseException | None = None
        """Why it ended by itself."""

    def open(self) -> None:
        """Begin to draw."""
        self._thread.start()
        self._is_open.wait(PATIENCE)

    @property
    def is_alive(self) -> bool:
        """Whether it still draws."""
        return self._thread.is_alive()

    def refresh(self) -> None:
        """Draw again soon; from any thread."""
        if self._app is not None:
            self._app.invalidate()

    def close(self) -> None:
        """Give the terminal back; from another thread than its own."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end)
        self._thread.join(PATIENCE)

    def _end(self) -> None:
        if self._app is not None and self._app.is_running and not self._app.is_done:
            self._app.exit()

    def _run(self) -> None:
        try:
            asyncio.run(self._show())
        except BaseException as error:  # noqa: BLE001 - the devices go on without it
            self.failure = error
        finally:
            self._is_open.set()

    async def _show(self) -> None:
        self._loop = asyncio.get_running_loop()
        keys = KeyBindings()
        keys.add(Keys.Any)(self._hear)
        self._app = Application(
            layout=Layout(Window(FormattedTextControl(self._text), always_hide_cursor=True)),
            key_bindings=keys,
            full_screen=True,
            color_depth=None if self._has_colour else ColorDepth.DEPTH_1_BIT,
            min_redraw_interval=BETWEEN,
            # whoever has the signals of the process tells of a new size
            terminal_size_polling_interval=None,
            input=self._source,
            output=self._target,
        )
        await self._app.run_async(
            pre_run=self._is_open.set, handle_sigint=False, set_exception_handler=False
        )

    def _hear(self, event: KeyPressEvent) -> None:
        for each in event.key_sequence:
            self._press(each.key.value if isinstance(each.key, Keys) else each.key)

    def _text(self) -> StyleAndTextTuples:
        assert self._app is not None
        size = self._app.output.get_size()
        text: StyleAndTextTuples = []
        for number, line in enumerate(self._draw(size.columns, size.rows)):
            text += [("", "\n")] * bool(number)
            text += line
        return text


Open = Callable[[Draw, Callable[[str], None]], Screen]
"""Makes a screen."""


def terminal(*, has_colour: bool) -> Open:
    """Return what makes the screen of the process's terminal."""
    return partial(Screen, has_colour=has_colour)
