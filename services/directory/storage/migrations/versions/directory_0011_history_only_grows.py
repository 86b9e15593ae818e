"""What was is not changed: the versions of entries only ever grow."""

from alembic import op

from onward.migrations.only_grows import close, open_again

revision = "directory_0011"
down_revision = "directory_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Close the table."""
    close("entry_versions")


def downgrade() -> None:
    """Open it again."""
    open_again("entry_versions")
    op.execute("DROP FUNCTION refuse_change()")
