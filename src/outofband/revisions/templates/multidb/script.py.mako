<%! import re %>"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()
% for name in re.split(r",\s*", config.get_main_option("databases")):


def upgrade_${name}() -> None:
    ${context.get(f"{name}_upgrades", "pass") or "pass"}


def downgrade_${name}() -> None:
    ${context.get(f"{name}_downgrades", "pass") or "pass"}
% endfor
