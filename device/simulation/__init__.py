"""What a device is and does apart from security: its profile, its values and its simulated world.

A profile is a YAML file. `catalogue` finds it, `document` reads it with the line of each value, and
`variants` completes it by what it extends. msgspec then makes it a `Profile` (`profile`), which is
all that the rest of the program sees; each part of it is a `Section` in a file of its own. What is
wrong becomes one sentence with file, line and place (`mistakes`), or all of them (`checking`). The
JSON Schema for editors is made from the same classes (`schema`).

`values` holds what the resources of a running device show, within the limits of the profile
(`value_limits`, `patterns`, `writing`). What changes them by itself is in `behaviour`, one file for
each kind, and lives in `world`. `capture` makes a profile of what a client read from another
device.
"""
