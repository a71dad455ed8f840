"""`outofband doctor` on databases that are not what the revisions say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alembic import command
from alembic.config import Config

SHOP = """op.execute('''
        CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE TABLE makers (id int PRIMARY KEY);
        CREATE TABLE shop (id bigint PRIMARY KEY, maker int REFERENCES makers, name varchar(20),
            price numeric(8,2) CHECK (price > 0), tags text[], moods mood[], mood mood NOT NULL,
            at timestamptz DEFAULT now(), stage varchar(9) DEFAULT 'new' NOT NULL
            CONSTRAINT shop_stage CHECK (stage IN ('new', 'old') AND stage <> ''),
            amount int DEFAULT '7', twice int GENERATED ALWAYS AS (amount * 2) STORED,
            number serial, ident int GENERATED ALWAYS AS IDENTITY, nothing int DEFAULT NULL,
            UNIQUE (name));
        ALTER TABLE shop ALTER amount SET DEFAULT 8;
        ALTER TABLE shop ADD CONSTRAINT shop_parent FOREIGN KEY (amount) REFERENCES makers
            ON DELETE NO ACTION;
        CREATE INDEX shop_maker ON shop (maker);
        CREATE INDEX shop_named ON shop (name) WHERE price > 0;
        CREATE INDEX shop_lower ON shop (lower(name));
        CREATE INDEX shop_wide ON shop (maker, name) INCLUDE (price);
        CREATE INDEX shop_tags ON shop USING gin (tags);
        CREATE TABLE shop_copy (LIKE shop);
        CREATE TABLE events (id int NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
        CREATE INDEX events_at ON events (at);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    ''')"""


@pytest.fixture
def shop(project: Any) -> Any:
    project.revise("4", "3", SHOP)
    project.upgrade("head")
    return project


def drift(project: Any) -> dict[str, dict[str, Any]]:
    """Return what has drifted, by what is said of it."""
    ran = project.run("doctor", "--format", "json")
    assert ran.status in (0, 1), ran.err
    found = json.loads(ran.out)["findings"]
    return {f["what"]: f for f in found if f["question"] == "schema-drift"}


def test_what_the_revisions_made_has_not_drifted(shop: Any) -> None:
    assert drift(shop) == {}


@pytest.mark.parametrize(
    ("by_hand", "told"),
    [
        ("DROP INDEX shop_maker", "index public.shop_maker is not there"),
        (
            "DROP INDEX shop_named; CREATE INDEX shop_named ON shop (name)",
            "index public.shop_named is another one than declared, in predicate",
        ),
        (
            "DROP INDEX shop_named; CREATE INDEX shop_named ON shop (name) WHERE price > 1",
            "index public.shop_named may be another one than declared: its expressions are "
            "spelled differently",
        ),
        (
            "DROP INDEX shop_maker; CREATE INDEX shop_maker ON shop USING hash (maker)",
            "index public.shop_maker is another one than declared, in access method",
        ),
        (
            "DROP INDEX shop_wide; CREATE INDEX shop_wide ON shop (maker, name) INCLUDE (at)",
            "index public.shop_wide is another one than declared, in INCLUDE",
        ),
        (
            "ALTER INDEX shop_maker RENAME TO shop_made_by",
            "index public.shop_maker is there as shop_made_by",
        ),
        (
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shop_maker'::regclass",
            "index public.shop_maker is INVALID: no query uses it",
        ),
        ("ALTER TABLE shop DROP COLUMN at", "column at of public.shop is not there"),
        ("ALTER TABLE shop ALTER at TYPE date", "column at of public.shop has another type"),
        ("ALTER TABLE shop ALTER mood DROP NOT NULL", "column mood of public.shop takes NULL"),
        (
            "ALTER TABLE shop DROP CONSTRAINT shop_maker_fkey",
            "constraint shop_maker_fkey of public.shop is not there",
        ),
        (
            "ALTER TABLE shop DROP CONSTRAINT shop_maker_fkey; ALTER TABLE shop ADD CONSTRAINT "
            "shop_maker_fkey FOREIGN KEY (maker) REFERENCES makers NOT VALID",
            "constraint shop_maker_fkey of public.shop is NOT VALID",
        ),
        (
            "ALTER TABLE shop DROP CONSTRAINT shop_maker_fkey; ALTER TABLE shop ADD CONSTRAINT "
            "shop_maker_fkey FOREIGN KEY (maker) REFERENCES makers ON DELETE CASCADE",
            "constraint shop_maker_fkey of public.shop is another one",
        ),
        (
            "CREATE TABLE items (id int PRIMARY KEY); ALTER TABLE shop DROP CONSTRAINT "
            "shop_maker_fkey; ALTER TABLE shop ADD CONSTRAINT shop_maker_fkey FOREIGN KEY (maker) "
            "REFERENCES items",
            "constraint shop_maker_fkey of public.shop is another one",
        ),
        (
            "ALTER TABLE shop DROP CONSTRAINT shop_stage; ALTER TABLE shop ADD CONSTRAINT "
            "shop_stage CHECK (stage IN ('new', 'gone') AND stage <> '')",
            "constraint shop_stage of public.shop may be another one than declared",
        ),
        (
            "ALTER TABLE shop ALTER stage DROP DEFAULT",
            "column stage of public.shop has no default, other than declared",
        ),
        (
            "ALTER TABLE shop ALTER at SET DEFAULT '2026-01-01'",
            "column at of public.shop has another default",
        ),
        ("DROP TABLE shop", "table public.shop is not there"),
        (
            "CREATE INDEX shop_by_hand ON shop (at)",
            "public.shop has indexes that no applied revision makes: shop_by_hand",
        ),
        (
            "ALTER TABLE shop ADD CHECK (id > 0)",
            "public.shop has constraints that no applied revision makes: shop_id_check",
        ),
        (
            "ALTER TABLE shop ADD COLUMN extra int",
            "public.shop has columns that no applied revision makes: extra",
        ),
    ],
)
def test_what_was_changed_by_hand_has_drifted_and_nothing_else(
    shop: Any, by_hand: str, told: str
) -> None:
    shop.sql(by_hand)
    (found,) = drift(shop)
    assert found.startswith(told)


def test_a_revision_that_was_not_understood_is_said_and_makes_nobody_call_its_work_drift(
    shop: Any,
) -> None:
    by_name = "EXECUTE format('CREATE INDEX %I ON shop (at)', 'x');"
    shop.revise("5", "4", f'op.execute("DO $$ BEGIN {by_name} END $$")')
    shop.upgrade("head")
    (found,) = drift(shop).values()
    assert (found["severity"], "revisions 5 do" in found["what"]) == ("note", True)


def test_a_database_ahead_of_the_checkout_is_said(shop: Any) -> None:
    command.stamp(Config(shop.folder / "alembic.ini"), "3")
    shop.sql("UPDATE alembic_version SET version_num = 'of_tomorrow'")
    ran = shop.run("doctor")
    assert (ran.status, "of_tomorrow" in ran.err) == (5, True)


def test_a_constraint_that_is_a_step_has_not_drifted_before_it_is_done(project: Any) -> None:
    project.filled("1")
    project.revise(
        "4",
        "1",
        """op.create_check_constraint_out_of_band("docs_positive", "docs", "id > 0")
    op.set_not_null_out_of_band("docs_path_set", "docs", "path")""",
    )
    project.upgrade("4")
    project.sql("ALTER TABLE docs DROP CONSTRAINT docs_positive")
    project.sql("ALTER TABLE docs ALTER path DROP NOT NULL")
    assert drift(project) == {}
    found = json.loads(project.run("doctor", "--format", "json").out)["findings"]
    told = [f["what"] for f in found if f["question"] == "step-pending"]
    assert told == [
        "check docs_positive of public.docs, declared in revision 4, is not done",
        "not null docs_path_set of public.docs, declared in revision 4, is not done",
    ]
