"""Rows that keep a unique index from being built: found by the index's own rules, moved into a
quarantine table, put back, or reported for a person.
"""
