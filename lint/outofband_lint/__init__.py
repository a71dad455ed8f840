"""The linter: SQL in, findings out, without a database.

`reader.read` makes statements of text, `schema.fold` makes the schema of statements,
`engine.lint` judges revisions by the `rules`, and `report` says what was found. Nothing here
imports more than the standard library.
"""
