"""What devices do by themselves: doors that take their time, rooms that cool, batteries that empty.

`model` is how profiles declare it, `check` finds mistakes in that, `World` makes it happen.
"""
