"""Revisions' Python with a rule's fix in place of the operation that the rule found fault with.

``choose`` says which findings a machine can mend, ``edit`` changes one file, ``downgrade`` follows
in its ``downgrade()``, ``later`` makes the revision for what may not share a transaction.
``eject`` is the way back: what each operation of ours is in plain Alembic, and ``ejecting`` writes
it. Nothing is written here: what comes out is the text of each file before and after.
"""

from outofband.revisions.rewrite.rewriting import Rewriting, rewritten

__all__ = ["Rewriting", "rewritten"]
