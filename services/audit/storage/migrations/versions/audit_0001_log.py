"""The log, its tree, its checkpoints, and what makes them refuse every change but growth."""

import sqlalchemy as sa
from alembic import op

revision = "audit_0001"
down_revision = None
branch_labels = ("audit",)
depends_on = None

APPEND_ONLY = ("leaves", "nodes", "checkpoints")


def upgrade() -> None:
    """Create the tables and close the append-only ones."""
    _create_log()
    _create_checks()
    _create_copies()
    for statement in (_REFUSE, *(part for table in APPEND_ONLY for part in _closed(table))):
        op.execute(statement)
    op.execute("INSERT INTO tree (size, edge) VALUES (0, '')")
    op.execute("INSERT INTO self_check (position, edge) VALUES (0, '')")


def downgrade() -> None:
    """Take everything away: the evidence is gone with it."""
    for table in (
        "exports",
        "parties",
        "names",
        "self_check",
        "checkpoints",
        "tree",
        "nodes",
        "leaves",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change()")


def _create_log() -> None:
    op.create_table(
        "leaves",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("occurred", sa.DateTime(timezone=True), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=True),
        sa.Column("referral", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_leaves")),
        sa.UniqueConstraint("event_id", name=op.f("uq_leaves_event_id")),
        comment="The log: one leaf per event, numbered from 0. "
        "What counts is body; the rest finds it.",
    )
    for column in ("referral", "organisation", "principal", "action"):
        op.create_index(op.f(f"ix_leaves_{column}_number"), "leaves", [column, "number"])
    op.create_index(op.f("ix_leaves_occurred"), "leaves", ["occurred"])
    op.create_table(
        "nodes",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name=op.f("pk_nodes")),
        comment="Roots of the complete perfect subtrees of two leaves (level 1) and more.",
    )
    op.create_table(
        "tree",
        sa.Column("single", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("edge", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("single", name=op.f("ck_tree_single")),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_tree")),
        comment="How far the log has grown; its one row is locked to append. "
        "All of it follows from leaves.",
    )


def _create_checks() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoints")),
        comment="What was signed, and so can never be taken back.",
    )
    op.create_table(
        "self_check",
        sa.Column("single", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("edge", sa.LargeBinary(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_size", sa.BigInteger(), nullable=True),
        sa.Column("finding", sa.Text(), nullable=True),
        sa.Column("finding_leaf", sa.BigInteger(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("single", name=op.f("ck_self_check_single")),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_self_check")),
        comment="How far the log's present check of itself has come, and what the last one found.",
    )


def _create_copies() -> None:
    op.create_table(
        "names",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_names")),
        comment="Public names of organisations and services, as the directory last told them.",
    )
    op.create_table(
        "parties",
        sa.Column("referral", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("referral", "organisation", name=op.f("pk_parties")),
        comment="Who handed a referral over or was asked to take it: they may read its trail.",
    )
    op.create_table(
        "exports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("leaves", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
        comment="Which bundles were made for whom. A bundle itself is made again from the log.",
    )
    op.create_index(op.f("ix_exports_made_at_id"), "exports", ["made_at", "id"])
    op.create_index(
        op.f("ix_exports_organisation_made_at_id"), "exports", ["organisation", "made_at", "id"]
    )


_REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only ever grows: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$
"""
_TRIGGER = """
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON CLOSED
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""
_REVOKE = """
DO $$
DECLARE
    closed regclass := 'CLOSED';
    other text;
BEGIN
    FOR other IN
        SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC'
            ELSE quote_ident(pg_get_userbyid(grantee)) END
        FROM pg_class, aclexplode(relacl)
        WHERE pg_class.oid = closed AND grantee <> relowner
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM %s', closed, other);
    END LOOP;
END
$$
"""


def _closed(table: str) -> tuple[str, ...]:
    """Return what makes *table* refuse change: rights taken from all but its owner, and a trigger.

    The owner could drop the trigger; the signed tree is what shows it then.
    """
    return (
        _TRIGGER.replace("CLOSED", table),
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER only_grows",
        _REVOKE.replace("CLOSED", table),
    )
