"""Editing a database step by step: menus, prompts, and a draft that is written at the end.

    prompts     one question: a number of a list, a text, a file, yes or no
    draft       the database as it was and as it is to be, with what is known in it
    properties  menus made of the model: whatever a resource has can be edited
    access, credential   entries whose questions have an order of their own
    scalars     single values, by choice where the specification has choices

A new property of a model appears in the menus by itself.
"""
