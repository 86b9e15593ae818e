"""Row-level security behind the policy: whoever a transaction acts for sees and changes only their rows."""

from alembic import op

revision = "referral_0013"
down_revision = "referral_0012"
branch_labels = None
depends_on = None

ME = "(SELECT onward_organisation())"
ALL = "(SELECT current_setting('onward.organisation', true)) = '*'"
SHARED = "visibility = 'both'"
WHOSE = {
    "onward_sees_handoff": "SELECT FROM handoffs WHERE id = wanted",
    "onward_sees_referral": "SELECT FROM handoffs WHERE referral_id = wanted",
    "onward_sees_person": "SELECT FROM handoffs WHERE person_id = wanted",
    "onward_received": "SELECT FROM handoffs WHERE id = wanted AND recipient = onward_organisation()",
    "onward_sent": "SELECT FROM referrals WHERE id = wanted AND sender = onward_organisation()",
}
"""What has to be there for a function to say yes. In PL/pgSQL each is planned once per connection, where
a subquery in a policy would be planned with every statement."""
POLICIES = {
    "handoffs": f"sender = {ME} OR (recipient = {ME} AND status <> 'draft')",
    "referrals": f"sender = {ME} OR onward_sees_referral(id)",
    "persons": f"organisation = {ME} OR onward_sees_person(id)",
    "traces": "EXISTS (SELECT 1 FROM persons p WHERE p.id = traces.person_id)",
    "sections": "onward_sent(referral_id)",
    "own_pages": "onward_sees_referral(referral_id)",
    "openings": f"organisation = {ME} OR onward_sent(referral_id)",
    **dict.fromkeys(
        ("packs", "disclosures", "steps", "deadlines", "claims", "appointments", "attachments"),
        "onward_sees_handoff(handoff_id)",
    ),
    "messages": f"({SHARED} OR organisation = {ME}) AND onward_sees_handoff(handoff_id)",
    "outcomes": f"onward_received(handoff_id) OR ({SHARED} AND onward_sees_handoff(handoff_id))",
    "stated": "false",
}
"""Whose a row is. What hangs on a handoff is its parties': the policy of ``handoffs`` decides there, too."""


def upgrade() -> None:
    """Force the policies on everybody, the owner of the tables included."""
    op.create_index(op.f("ix_handoffs_person_id"), "handoffs", ["person_id"])
    op.execute(
        "CREATE FUNCTION onward_organisation() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$"
        " SELECT CASE WHEN current_setting('onward.organisation', true) IN ('', '*') THEN NULL"
        " ELSE current_setting('onward.organisation', true)::uuid END $$"
    )
    for name, there in WHOSE.items():
        op.execute(
            f"CREATE FUNCTION {name}(wanted uuid) RETURNS bool LANGUAGE plpgsql STABLE PARALLEL SAFE"
            f" AS $$ BEGIN RETURN EXISTS ({there}); END $$"
        )
    for table, mine in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON {table} USING ({ALL} OR ({mine}))")


def downgrade() -> None:
    """Take the policies away again."""
    for table in POLICIES:
        op.execute(f"DROP POLICY own_rows ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for name in WHOSE:
        op.execute(f"DROP FUNCTION {name}(uuid)")
    op.execute("DROP FUNCTION onward_organisation()")
    op.drop_index(op.f("ix_handoffs_person_id"), "handoffs")
