"""A revision by its syntax tree: what it would send, without running a line of the project."""
