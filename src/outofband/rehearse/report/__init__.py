"""A rehearsal as text: each form is a module with ``report(rehearsal) -> str``."""
