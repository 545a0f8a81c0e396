"""The console: what `onboardee run` shows on a terminal, devices above and their log below.

It knows what the control interface and the events know, and nothing else: a row is asked of a
device as the dashboard asks for a card, and a key becomes a command like those of `onboardee ctl`.

    rows        what is known of each device, brought up to date by its events
    keys        from a key to what it means: a choice, a command, the end
    picture     rows and log as lines of a width and a height; pure, so that tests look at it
    digits      PINs in large digits
    screen      the terminal, in a thread of its own: a terminal that does not read stops no device
    console     all of it put together, as `hosting` has it

It is imported on a terminal only. There prompt_toolkit draws and reads keys: it alone does both, in
8 MiB with nothing but wcwidth behind it, while rich draws only and brings two parsers along.
"""
