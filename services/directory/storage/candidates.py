"""Say to PostgreSQL which services may suit somebody: few of each part, and the same ones each time."""

from functools import cache
from typing import Final

import sqlalchemy as sa

from onward.planned import planned

IN_AREA: Final = 200
"""Services for people of one area that are looked at."""
AROUND: Final = 400
"""Nearest sites among which those that help are looked for."""
NEARBY: Final = 60
"""Nearest services that help that are looked at."""
ELSEWHERE: Final = 30
"""Services without an area, or for the whole nation, that are looked at."""

AREA: Final = """(
    SELECT service_id, 'area' AS part FROM offers
    WHERE needs && CAST(:needs AS text[]) AND keys && CAST(:home AS text[])
    ORDER BY service_id LIMIT {in_area}
)"""
AREA_BY_DISTANCE: Final = """(
    SELECT service_id, 'area' AS part FROM offers
    LEFT JOIN LATERAL (
        SELECT min(point(longitude * 0.6, latitude) <-> point(:x, :y)) AS apart
        FROM sites WHERE sites.service_id = offers.service_id
    ) AS nearest ON true
    WHERE needs && CAST(:needs AS text[]) AND keys && CAST(:home AS text[])
    ORDER BY apart, service_id LIMIT {in_area}
)"""
NEAR: Final = """(
    SELECT service_id, 'near' AS part FROM (
        SELECT service_id, point(longitude * 0.6, latitude) <-> point(:x, :y) AS apart
        FROM sites WHERE latitude IS NOT NULL
        ORDER BY point(longitude * 0.6, latitude) <-> point(:x, :y) LIMIT {around}
    ) AS near
    CROSS JOIN LATERAL (
        SELECT FROM offers
        WHERE offers.service_id = near.service_id AND needs && CAST(:needs AS text[])
        OFFSET 0 -- looked up one by one, not joined: the table is large and these are few
    ) AS wanted
    ORDER BY apart, service_id LIMIT {nearby}
)"""
LOOSE: Final = """(
    SELECT service_id, 'elsewhere' AS part FROM offers
    WHERE needs && CAST(:needs AS text[]) AND keys && CAST(:loose AS text[])
    ORDER BY service_id LIMIT {elsewhere}
)"""
ALL: Final = """(
    SELECT service_id, 'area' AS part FROM offers
    WHERE needs && CAST(:needs AS text[]) ORDER BY service_id LIMIT {in_area}
)"""
_ROWS: Final = """
    WITH found AS MATERIALIZED ({found})
    SELECT
        (SELECT count(*) FILTER (WHERE part = 'area') < {in_area}
            AND count(*) FILTER (WHERE part = 'elsewhere') < {elsewhere} FROM found) AS complete,
        json_agg(json_build_array(
            offers.service_id, entry, programmes.eligibility,
            recipient = CAST(:sender AS uuid) OR recipient IN (
                SELECT to_organisation FROM agreements
                WHERE from_organisation = CAST(:sender AS uuid)
                    AND valid_from <= :on AND (valid_until IS NULL OR valid_until >= :on)
            ),
            (SELECT json_build_array(available, open, waiting) FROM ledgers
                CROSS JOIN LATERAL (
                    SELECT coalesce(sum(greatest(seats - kept, 0)), 0) AS available,
                        coalesce(sum(seats), 0) AS open
                    FROM places CROSS JOIN LATERAL (
                        SELECT count(*) AS kept FROM claims
                        WHERE claims.place_id = places.id AND state IN ('held', 'taken')
                    ) AS seated
                    WHERE places.service_id = ledgers.service_id AND opening = 'available'
                        AND coalesce(enrols_until, ends_on, :on) >= :on
                ) AS seated
                CROSS JOIN LATERAL (
                    SELECT count(*) AS waiting FROM claims
                    WHERE claims.service_id = ledgers.service_id AND ended_at IS NULL
                        AND state = 'queued'
                ) AS queued
                WHERE ledgers.service_id = offers.service_id)
        ))::text AS rows
    FROM (SELECT DISTINCT service_id FROM found) AS ids
    JOIN offers ON offers.service_id = ids.service_id
    LEFT JOIN programmes ON programmes.id = offers.programme
"""


@cache
def reading(parts: tuple[str, ...]) -> sa.TextClause:
    """Return the statement that reads what *parts* find.

    Its row says whether that is `complete`, and holds all `rows` as one JSON document: read sooner
    than a row of columns for each.
    """
    limits = {"in_area": IN_AREA, "around": AROUND, "nearby": NEARBY, "elsewhere": ELSEWHERE}
    found = " UNION ALL ".join(parts).format(**limits)
    wanted = sa.text(_ROWS.format(found=found, **limits))
    return planned(wanted.bindparams(sa.bindparam("sender", type_=sa.Uuid)))
