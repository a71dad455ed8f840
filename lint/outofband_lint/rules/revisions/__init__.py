"""Rules about revisions, env.py and the linter's own marks."""
