"""A project of async SQLAlchemy on asyncpg, as ``alembic init -t async`` makes it."""

from __future__ import annotations

import re

import suites

pytestmark = suites.RELEASE

MODELS = """
from sqlalchemy import Index, MetaData, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str]
    number: Mapped[int]
    NEW
"""
NEW = """__table_args__ = (
        Index("orders_customer", "customer", postgresql_where=text("number > 10")),
        UniqueConstraint("number", name="orders_number"),
    )
"""
WRITTEN = """
op.create_index_out_of_band('orders_customer', 'orders', ['customer'], unique=False,\
 postgresql_where=sa.text('number > 10'))
op.create_index_out_of_band('orders_number_index', 'orders', ['number'], unique=True)
op.create_unique_constraint_out_of_band('orders_number', 'orders', ['number'],\
 using_index='orders_number_index')
op.drop_index_out_of_band('orders_number', table_name='orders')
op.drop_index_out_of_band('orders_number_index', table_name='orders')
op.drop_index_out_of_band('orders_customer', table_name='orders')
"""


def adopt(project) -> None:
    """Do what Alembic's documentation says is left to do after ``alembic init``."""
    project.run("alembic init -t async migrations")
    ini, env_py = project.folder / "alembic.ini", project.folder / "migrations/env.py"
    url = project.url.replace("postgresql://", "postgresql+asyncpg://", 1).replace("%", "%%")
    ini.write_text(re.sub(r"(?m)^sqlalchemy\.url = .*", f"sqlalchemy.url = {url}", ini.read_text()))
    models = "from models import Base\ntarget_metadata = Base.metadata"
    env_py.write_text(env_py.read_text().replace("target_metadata = None", models))


def test_from_a_model_to_a_built_index(project) -> None:
    adopt(project)
    project.write("models.py", MODELS.replace("NEW", ""))
    project.run("alembic revision --autogenerate --rev-id 1")
    project.run("alembic upgrade head")
    project.sql("INSERT INTO orders SELECT n, 'c' || n, n FROM generate_series(1, 50) AS n")

    project.write("models.py", MODELS.replace("NEW", NEW))
    project.run("alembic revision --autogenerate --rev-id 2")
    assert project.newest("migrations/versions") == WRITTEN.strip()
    project.run("alembic upgrade head")
    assert "deferred create index orders_customer" in project.said
    project.run("alembic check")

    assert "0 errors" in project.run("outofband lint")
    assert "orders_number_index" in project.run("outofband status")
    project.run("outofband apply --yes")
    project.run("outofband check")
    project.run("alembic check")
