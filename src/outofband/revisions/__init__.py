"""Alembic's side of outofband: the only package that imports alembic."""
