"""Places of services by the identifier under which the public finds them."""

from alembic import op

revision = "directory_0006"
down_revision = "directory_0005"
branch_labels = None
depends_on = None

SAID = (
    "textcat(textcat(textcat(encode(uuid_send(service_id), 'hex'), textcat('/', name)),"
    " textcat('/', locality)), textcat('/', coalesce(postcode, '')))"
)


def upgrade() -> None:
    """Index it."""
    op.execute(f"CREATE INDEX ix_sites_location ON sites (substr(md5({SAID}), 18))")


def downgrade() -> None:
    """Remove it."""
    op.drop_index("ix_sites_location", "sites")
