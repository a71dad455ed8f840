"""From the condition of ``op.create_check_constraint`` to its SQL, whether it came as text or as an
expression of SQLAlchemy.
"""

from __future__ import annotations

from typing import Any

from alembic.operations.ops import CreateCheckConstraintOp
from sqlalchemy import BindParameter
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.visitors import iterate

from outofband.revisions.stop import UpgradeMisused


class ConditionWrong(UpgradeMisused):
    """The condition of a check means nothing as SQL."""


def condition_of(operation: CreateCheckConstraintOp) -> str:
    """Return the SQL of a condition; raises ConditionWrong."""
    name = operation.constraint_name
    # Any other style of parameters doubles the % signs of literals.
    dialect: Any = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    try:
        compiler = dialect.ddl_compiler(dialect, None).sql_compiler
        condition: Any = operation.to_constraint().sqltext
        unset = [e.key for e in iterate(condition) if isinstance(e, BindParameter) and e.required]
        text = compiler.process(condition, include_table=False, literal_binds=True)
    except (SQLAlchemyError, TypeError, AttributeError) as error:
        reason = str(error).partition("\n")[0]
        raise ConditionWrong(f"check {name} means nothing to SQLAlchemy", why=reason) from None
    if unset:
        do = f"Write \\:{unset[0]} for a colon that begins no parameter"
        raise ConditionWrong(f"check {name} has a parameter, {unset[0]}, without a value", do=do)
    if not text.strip():
        raise ConditionWrong(f"check {name} has no condition", do="Give one as SQL")
    return str(text)
