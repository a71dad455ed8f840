"""The SQLSTATEs that are decided by, under PostgreSQL's own names (PostgreSQL 18, Appendix A)."""

from __future__ import annotations

LOCK_NOT_AVAILABLE = "55P03"
"""A lock was not free within lock_timeout."""

QUERY_CANCELED = "57014"
"""Somebody cancelled it, or statement_timeout did."""

INSUFFICIENT_PRIVILEGE = "42501"
"""The role lacks a right."""

DEADLOCK_DETECTED = "40P01"
"""It was the victim of a deadlock."""
