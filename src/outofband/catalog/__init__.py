"""What is: the catalog observed as values, and the state of each wanted step derived from them.

Both the deploy and the runbook look through this room, each by its own connection, so that they
cannot disagree. Nothing here changes a database, and every query is a file in ``queries/``.
"""
