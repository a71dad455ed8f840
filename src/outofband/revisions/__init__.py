"""Alembic's side of outofband: the only package that imports alembic."""

# Alembic loads our plugin while it is being imported, and the plugin our operations. Begun from
# one of these, that circle would meet a module half done; begun here, it does not.
import alembic as alembic
