"""Countersignatures are closed by rights, too; reads without a purpose are found at once."""

import sqlalchemy as sa
from alembic import op

from onward.migrations.only_grows import take_rights

revision = "audit_0006"
down_revision = "audit_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the rights, make the index."""
    take_rights("cosignatures", "UPDATE, DELETE, TRUNCATE")
    take_rights("witnesses", "DELETE, TRUNCATE")
    op.create_index(
        "ix_leaves_without_purpose",
        "leaves",
        ["number"],
        postgresql_where=sa.text(
            r"""action = 'access.read.v1' AND (position('\x22707572706f7365223a'::bytea in body) = 0
            OR position('\x22707572706f7365223a2222'::bytea in body) > 0
            OR position('\x22707572706f7365223a22756e6b6e6f776e22'::bytea in body) > 0
            OR position('\x22707572706f7365223a22756e73706563696669656422'::bytea in body) > 0)"""
        ),
    )


def downgrade() -> None:
    """Take the index away; the rights stay taken."""
    op.drop_index("ix_leaves_without_purpose", "leaves")
