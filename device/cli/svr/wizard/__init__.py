"""Editing a database step by step: menus, prompts, and a draft that is written at the end."""
