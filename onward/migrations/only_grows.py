"""Close a table: rows may be added to it, and never be changed or taken away."""

from alembic import op

_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only ever grows: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$
"""
_TRIGGER = """
CREATE OR REPLACE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON CLOSED
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
        EXECUTE format('REVOKE RIGHTS ON %s FROM %s', closed, other);
    END LOOP;
END
$$
"""


def close(table: str) -> None:
    """Take the right to change *table* from all but its owner, and have a trigger refuse it to everybody."""
    for statement in (
        _REFUSE,
        _TRIGGER.replace("CLOSED", table),
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER only_grows",
    ):
        op.execute(statement)
    take_rights(table, "UPDATE, DELETE, TRUNCATE")


def open_again(table: str) -> None:
    """Let *table* be changed again, for a downgrade; rights that were taken are not given back."""
    op.execute(f"DROP TRIGGER only_grows ON {table}")


def take_rights(table: str, rights: str) -> None:
    """Take *rights* to a table from all but its owner."""
    op.execute(_REVOKE.replace("CLOSED", table).replace("RIGHTS", rights))
