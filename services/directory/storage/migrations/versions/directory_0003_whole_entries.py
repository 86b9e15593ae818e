"""Whole entries: programmes, areas, positions, embedded workers, funders, courses, what is not known."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "directory_0003"
down_revision = "directory_0002"
branch_labels = None
depends_on = None

WORDS = ("needs", "modes", "ways_in", "languages")
PARTS = ("hosts", "posts", "funders", "related", "courses")
LIMITS = ("course_weeks", "course_places", "people_per_worker")


def upgrade() -> None:
    """Create them."""
    _programmes()
    _organisations()
    _services()
    _sites()
    _areas()


def downgrade() -> None:
    """Remove them."""
    op.drop_table("areas")
    for name in ("position_whole", "position_on_earth"):
        op.drop_constraint(op.f(f"ck_sites_{name}"), "sites")
    for name in ("postcode", "latitude", "longitude", "position"):
        op.drop_column("sites", name)
    op.drop_index(op.f("ix_services_programme"), "services")
    op.drop_index(op.f("ix_services_needs"), "services")
    more = ("ends_with", "programme", "eligibility", "opening", "began", "website")
    for name in (*LIMITS, *WORDS, *PARTS, *more, "source", "unstated", "inferred"):
        op.drop_column("services", name)
    for name in ("summary", "website", "phone", "part_of", "source", "unstated", "inferred"):
        op.drop_column("organisations", name)
    op.drop_table("programmes")


def _provenance() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("unstated", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"),
        sa.Column("inferred", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"),
    )


def _programmes() -> None:
    op.create_table(
        "programmes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("pilot", sa.Boolean(), nullable=False),
        sa.Column("lead", sa.Uuid(), nullable=False),
        sa.Column("part_of", sa.Uuid(), nullable=True),
        sa.Column("funders", postgresql.JSONB(), nullable=False),
        sa.Column("areas", postgresql.JSONB(), nullable=False),
        sa.Column("eligibility", postgresql.JSONB(), nullable=True),
        sa.Column("began", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        *_provenance(),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('planned', 'active', 'paused', 'closed')",
            name=op.f("ck_programmes_status"),
        ),
        sa.CheckConstraint("part_of <> id", name=op.f("ck_programmes_no_circle")),
        sa.ForeignKeyConstraint(["lead"], ["organisations.id"], name=op.f("fk_programmes_lead")),
        sa.ForeignKeyConstraint(
            ["part_of"], ["programmes.id"], name=op.f("fk_programmes_part_of")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programmes")),
        comment="What several services belong to.",
    )
    op.create_index(
        "ix_programmes_name", "programmes", [sa.literal_column("lower(name)"), "id"], unique=False
    )


def _organisations() -> None:
    for name in ("summary", "website", "phone"):
        op.add_column("organisations", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("organisations", sa.Column("part_of", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_organisations_part_of"), "organisations", "organisations", ["part_of"], ["id"]
    )
    for column in _provenance():
        op.add_column("organisations", column)


def _services() -> None:
    for name in LIMITS:
        op.add_column("services", sa.Column(name, sa.Integer(), nullable=True))
    for name in ("ends_with", "began", "website"):
        op.add_column("services", sa.Column(name, sa.Text(), nullable=True))
    for name in WORDS:
        words = postgresql.ARRAY(sa.Text())
        op.add_column("services", sa.Column(name, words, nullable=False, server_default="{}"))
    for name in PARTS:
        parts = postgresql.JSONB()
        op.add_column("services", sa.Column(name, parts, nullable=False, server_default="[]"))
    for name in ("eligibility", "opening"):
        op.add_column("services", sa.Column(name, postgresql.JSONB(), nullable=True))
    op.add_column("services", sa.Column("programme", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_services_programme"), "services", "programmes", ["programme"], ["id"]
    )
    for column in _provenance():
        op.add_column("services", column)
    op.create_index(op.f("ix_services_programme"), "services", ["programme"], unique=False)
    op.create_index(
        op.f("ix_services_needs"), "services", ["needs"], unique=False, postgresql_using="gin"
    )


def _sites() -> None:
    for name in ("postcode", "position"):
        op.add_column("sites", sa.Column(name, sa.Text(), nullable=True))
    for name in ("latitude", "longitude"):
        op.add_column("sites", sa.Column(name, sa.Double(), nullable=True))
    op.create_check_constraint(
        op.f("ck_sites_position_whole"),
        "sites",
        "(position IS NULL) = (latitude IS NULL) AND (position IS NULL) = (longitude IS NULL)",
    )
    op.create_check_constraint(
        op.f("ck_sites_position_on_earth"),
        "sites",
        "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180",
    )


def _areas() -> None:
    op.create_table(
        "areas",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("outcodes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_areas_service_id")),
        sa.PrimaryKeyConstraint("service_id", "number", name=op.f("pk_areas")),
        comment="Whose people each service is for.",
    )
    op.create_index(
        op.f("ix_areas_outcodes"), "areas", ["outcodes"], unique=False, postgresql_using="gin"
    )
    op.create_index(op.f("ix_areas_code"), "areas", ["code"], unique=False)
