"""The simulated world of a device: what its values do in time and because of each other.

A world is a discrete-event simulation. Its variables are the properties of the device's resources
(`Cell`) and its faults (`Flag`); its processes are the entries of the profile's list `behaviour`,
running (`Part`). Nothing polls: each part knows its inputs and says when it has something to do
next, its deadline. A world whose parts have no deadline sets no timer.

The world has a time of its own, which mostly is that of the device's clock (`Pace`). A call to the
world (`World`), with the device's time, has two steps. First what is due happens, in the order
of its deadlines: `Part.tick`. Then everything settles (`Settling`): the parts that listen to what
has changed are visited in the order of the list, what they change is gone through in the next
round, and so on until nothing changes any more. An observer sees the settled values only.

Kinds of behaviour are no concern of this room: it knows `Behaviour`, which makes parts, and what a
part may be to a property (`Mover`, `Handler`, `Refuser`, `Breakage`). The kinds are in
`onboardee.device.simulation.behaviour`.

    terms        the words that all kinds are declared with: times, conditions, actions
    declaration  `Behaviour`, from which all kinds derive
    finder       from the names in a declaration to what they name, or to a mistake
    build        from declarations to parts
    pace         how fast the world's time goes
    parts        properties, faults, parts, and what they are to each other
    settling     how values follow each other, until nothing changes
    passing      how time goes by, and what is due happens
    world        what the device asks of its world
"""
