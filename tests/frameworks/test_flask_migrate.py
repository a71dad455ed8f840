"""A project of Flask-Migrate, as ``flask db init`` makes it, adopts us with no file edited."""

from __future__ import annotations

import suites

pytestmark = suites.RELEASE

APP = """
import os
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["SHOP_URL"]
db = SQLAlchemy(app)
Migrate(app, db)

class Order(db.Model):
    __tablename__ = "orders"
    id = db.Column(db.Integer, primary_key=True)
    customer = db.Column(db.Text, nullable=False)
    number = db.Column(db.Integer, nullable=False)
    NEW
"""
NEW = """__table_args__ = (
        db.Index("orders_customer", "customer", postgresql_where=db.text("number > 10")),
        db.UniqueConstraint("number", name="orders_number"),
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
INI = "-c migrations/alembic.ini"


def test_from_a_model_to_a_built_index(project) -> None:
    url = project.url.replace("postgresql://", "postgresql+psycopg://", 1)
    project.environ = {"FLASK_APP": "shop", "SHOP_URL": url}
    project.write("shop.py", APP.replace("NEW", ""))
    project.run("flask db init")
    project.run("flask db migrate --rev-id 1")
    project.run("flask db upgrade")
    project.sql("INSERT INTO orders SELECT n, 'c' || n, n FROM generate_series(1, 50) AS n")

    project.write("shop.py", APP.replace("NEW", NEW))
    project.run("flask db migrate --rev-id 2")
    assert project.newest("migrations/versions") == WRITTEN.strip()
    project.run("flask db upgrade")
    assert "deferred create index orders_customer" in project.said
    project.run("flask db check")

    assert "0 errors" in project.run(f"outofband lint {INI}")
    assert "orders_number_index" in project.run(f"outofband status {INI}")
    project.run(f"outofband apply --yes {INI}")
    project.run(f"outofband check {INI}")
    project.run("flask db check")
