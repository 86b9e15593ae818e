"""Workers: who there is, what each chose for themself, and whom an organisation's rules name."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from onward import rows
from onward.contracts.directory import PlacementPublished
from onward.delivery.hours import Hours
from onward.identity import Actor, Role
from services.notification.domain.messages import Reader
from services.notification.domain.people import (
    Circle,
    Preferences,
    Team,
    TellingRule,
    Whom,
    Worker,
)
from services.notification.domain.rules import Urgency
from services.notification.storage import tables

_w, _p, _c = tables.workers, tables.placements, tables.preferences
_t, _r = tables.teams, tables.telling_rules


class People:
    """Workers and their choices."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def keep(self, accounts: Iterable[tuple[Actor, bool]]) -> None:
        """Remember each worker, the last said of them counting, and whether they may still sign in."""
        found = {
            actor.principal: {
                "principal": actor.principal,
                "organisation": actor.organisation,
                "role": actor.role.value,
                "open": open_,
            }
            for actor, open_ in accounts
        }
        rows.keep(self._connection, _w, list(found.values()))

    def notice(self, there: Sequence[Actor]) -> None:
        """Remember who signed in, and their role; whose account was closed since stays closed."""
        found = {
            actor.principal: {
                "principal": actor.principal,
                "organisation": actor.organisation,
                "role": actor.role.value,
                "open": True,
            }
            for actor in there
        }
        insert = pg.insert(_w).values(list(found.values()))
        newer = {name: insert.excluded[name] for name in ("organisation", "role")}
        self._connection.execute(
            insert.on_conflict_do_update(index_elements=["principal"], set_=newer)
        )

    def keep_placements(self, published: Sequence[PlacementPublished]) -> None:
        """Write placements as they are now, each given once."""
        told = [
            {
                "id": one.placement_id,
                "principal": one.principal,
                "employer": one.employer,
                "host": one.host,
                "starts_at": one.starts_at,
                "ends_at": one.ends_at,
            }
            for one in published
        ]
        rows.keep(self._connection, _p, told)

    def reader(self, actor: Actor, at: datetime) -> Reader:
        """Return *actor* with the organisations in whose teams they sit at that moment."""
        placed = sa.select(_p.c.host, _p.c.ends_at).where(
            _p.c.principal == actor.principal,
            _p.c.employer == actor.organisation,
            _holds(at),
        )
        found = self._connection.execute(placed.order_by(_p.c.host)).all()
        return Reader(
            principal=actor.principal,
            role=actor.role,
            organisation=actor.organisation,
            hosts=tuple(dict.fromkeys(row.host for row in found)),
            until=min((row.ends_at for row in found if row.ends_at), default=None),
        )

    def everybody(self, organisations: Collection[UUID], at: datetime) -> Circle:
        """Return the workers of *organisations*, those placed there too, with rules and choices."""
        workers = self._workers(organisations, at)
        known = [worker.principal for worker in workers]
        chosen = sa.select(_c).where(_c.c.principal.in_(known))
        teams = [team for id_ in sorted(organisations) for team in self.teams(id_)]
        return Circle(
            at=at,
            rules=[rule for id_ in sorted(organisations) for rule in self.rules(id_)],
            workers=workers,
            members={str(team.id): frozenset(team.members) for team in teams},
            preferences={
                row["principal"]: _preferences(row)
                for row in self._connection.execute(chosen).mappings()
            },
        )

    def preferences(self, principal: str) -> Preferences | None:
        """Return what a worker chose, None before they chose anything."""
        wanted = sa.select(_c).where(_c.c.principal == principal)
        row = self._connection.execute(wanted).mappings().first()
        return _preferences(row) if row else None

    def prefer(self, chosen: Preferences, now: datetime) -> bool:
        """Store *chosen*; tell whether nobody else stored a choice in between."""
        hours = chosen.hours
        values = asdict(chosen) | {
            "mail_for": [urgency.value for urgency in chosen.mail_for],
            "text_for": [urgency.value for urgency in chosen.text_for],
            "days": list(hours.days) if hours else [],
            "begins": hours and hours.begins,
            "ends": hours and hours.ends,
            "changed_at": now,
        }
        del values["hours"]
        return _keep_version(self._connection, _c, values, _c.c.principal)

    def is_open(self, principal: str, organisation: UUID) -> bool:
        """Tell whether somebody may sign in for *organisation*."""
        wanted = sa.select(_w.c.open).where(
            _w.c.principal == principal, _w.c.organisation == organisation
        )
        return bool(self._connection.scalar(wanted))

    def teams(self, organisation: UUID) -> list[Team]:
        """Return an organisation's teams by name."""
        wanted = sa.select(_t).where(_t.c.organisation == organisation).order_by(_t.c.name)
        return [
            Team(
                id=row.id,
                organisation=row.organisation,
                name=row.name,
                members=tuple(row.members),
                version=row.version,
            )
            for row in self._connection.execute(wanted)
        ]

    def keep_team(self, team: Team, now: datetime) -> bool:
        """Store *team*; tell whether nobody else stored it in between."""
        values = asdict(team) | {"members": list(team.members), "changed_at": now}
        return _keep_version(self._connection, _t, values, _t.c.id)

    def drop_team(self, id_: UUID) -> None:
        """Forget a team, and the rules that name it."""
        self._connection.execute(sa.delete(_t).where(_t.c.id == id_))
        self._connection.execute(
            sa.delete(_r).where(_r.c.whom == Whom.TEAM.value, _r.c.name == str(id_))
        )

    def rules(self, organisation: UUID) -> list[TellingRule]:
        """Return an organisation's rules in the order they were made."""
        wanted = sa.select(_r).where(_r.c.organisation == organisation)
        return [
            TellingRule(
                id=row.id,
                organisation=row.organisation,
                whom=Whom(row.whom),
                name=row.name,
                templates=tuple(row.templates),
                service_id=row.service_id,
                urgencies=tuple(Urgency(urgency) for urgency in row.urgencies),
            )
            for row in self._connection.execute(wanted.order_by(_r.c.created_at, _r.c.id))
        ]

    def add_rule(self, rule: TellingRule, *, by: str, now: datetime) -> None:
        """Tell by *rule* from now on."""
        values = asdict(rule) | {
            "whom": rule.whom.value,
            "templates": list(rule.templates),
            "urgencies": [urgency.value for urgency in rule.urgencies],
            "created_at": now,
            "created_by": by,
        }
        self._connection.execute(sa.insert(_r).values(values))

    def drop_rule(self, id_: UUID, *, organisation: UUID) -> bool:
        """Forget a rule; tell whether it was there."""
        gone = sa.delete(_r).where(_r.c.id == id_, _r.c.organisation == organisation)
        return self._connection.execute(gone.returning(_r.c.id)).first() is not None

    def _workers(self, organisations: Collection[UUID], at: datetime) -> list[Worker]:
        placed = sa.select(_p.c.principal, _p.c.employer, _p.c.host).where(
            _p.c.host.in_(organisations), _holds(at)
        )
        hosts: dict[tuple[str, UUID], list[UUID]] = {}
        for row in self._connection.execute(placed):
            hosts.setdefault((row.principal, row.employer), []).append(row.host)
        there = sa.select(_w.c.principal, _w.c.organisation, _w.c.role).where(
            _w.c.open,
            sa.or_(
                _w.c.organisation.in_(organisations),
                _w.c.principal.in_([principal for principal, _ in hosts]),
            ),
        )
        return [
            Worker(
                principal=row.principal,
                organisation=row.organisation,
                role=Role(row.role),
                hosts=tuple(hosts.get((row.principal, row.organisation), ())),
            )
            for row in self._connection.execute(there.order_by(_w.c.principal))
        ]


def _holds(at: datetime) -> sa.ColumnElement[bool]:
    still = sa.or_(_p.c.ends_at.is_(None), _p.c.ends_at > at)
    return sa.and_(_p.c.starts_at <= at, still)


def _keep_version(
    connection: sa.Connection, table: sa.Table, values: dict[str, Any], key: sa.Column[Any]
) -> bool:
    """Insert version 1, or overwrite the version before; tell whether it was that one."""
    if values["version"] == 1:
        first = pg.insert(table).values(values).on_conflict_do_nothing().returning(key)
        return connection.execute(first).first() is not None
    mine = sa.update(table).where(
        key == values[key.name], table.c.version == values["version"] - 1
    )
    return connection.execute(mine.values(values).returning(key)).first() is not None


def _preferences(row: Any) -> Preferences:
    hours = Hours(days=tuple(row["days"]), begins=row["begins"], ends=row["ends"])
    kept = {
        name: row[name] for name in row if name not in {"days", "begins", "ends", "changed_at"}
    }
    return Preferences(
        **{
            **kept,
            "mail_for": tuple(Urgency(urgency) for urgency in row["mail_for"]),
            "text_for": tuple(Urgency(urgency) for urgency in row["text_for"]),
            "hours": hours if row["begins"] else None,
        }
    )
