"""What is over, and may go: backups of moved dumps, files with a tombstone, litter.

Files alone: a row is never the janitor's, so that a dump that is rows alone is safe from it. What
may go is decided in ``verdict`` from what was seen, and looked at again under the dump's lock by
``sweep`` before it goes.
"""
