"""A third way outside: the queues of partners' systems on the broker."""

import sqlalchemy as sa
from alembic import op

revision = "notification_0002"
down_revision = "notification_0001"
branch_labels = None
depends_on = None

_ON_QUEUE = sa.text("channel = 'queue'")
_DUE_ON_QUEUE = sa.text("status = 'waiting' AND channel = 'queue'")


def upgrade() -> None:
    """Remember who has a queue, and let messages go there."""
    op.create_table(
        "partner_queues",
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_partner_queues")),
        comment="Organisations whose systems are told on a queue of the broker.",
    )
    _constrain(
        channel="channel IN ('email', 'webhook', 'queue')",
        webhook="(channel = 'webhook') = (endpoint_id IS NOT NULL)"
        " AND (channel IN ('webhook', 'queue')) = (facts IS NOT NULL)",
    )
    op.create_index(
        "uq_messages_queue",
        "messages",
        ["event_id", "organisation"],
        unique=True,
        postgresql_where=_ON_QUEUE,
    )
    op.create_index(
        "ix_messages_due_queue", "messages", ["due_at"], postgresql_where=_DUE_ON_QUEUE
    )


def downgrade() -> None:
    """Forget the queues, and what was told there."""
    op.execute(
        "DELETE FROM attempts USING messages"
        " WHERE messages.id = attempts.message_id AND messages.channel = 'queue'"
    )
    op.execute("DELETE FROM messages WHERE channel = 'queue'")
    op.drop_index("ix_messages_due_queue", "messages", postgresql_where=_DUE_ON_QUEUE)
    op.drop_index("uq_messages_queue", "messages", postgresql_where=_ON_QUEUE)
    _constrain(
        channel="channel IN ('email', 'webhook')",
        webhook="(channel = 'webhook') = (endpoint_id IS NOT NULL AND facts IS NOT NULL)",
    )
    op.drop_table("partner_queues")


def _constrain(**rules: str) -> None:
    for name, rule in rules.items():
        op.drop_constraint(op.f(f"ck_messages_{name}"), "messages", type_="check")
        op.create_check_constraint(op.f(f"ck_messages_{name}"), "messages", rule)
