"""What every route is asked with: an address about something that is there, and a body it would take."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final
from uuid import UUID

import pytest

from onward.database import Database
from onward.identity import Actor, Role
from onward.ids import new_id
from services.referral.domain.lists import HandedIn
from services.referral.handlers.emergency import break_glass
from services.referral.handlers.own_page import make_page, read_lent
from services.referral.storage.vault import vault_of
from tests.chaos import town
from tests.chaos.bodies import IMPORT, ORGANISATION
from tests.chaos.filled_town import Town
from tests.chaos.good import AUDITOR, Good
from tests.chaos.together import Together
from tests.chaos.write_routes import ROWS
from tests.integration.access.rows import PART, Route, routes

_V1: Final = "/api/v1"
DELETED: Final[Mapping[str, Route]] = {
    "case_id": ("audit", "DELETE", f"{_V1}/audit/cases/{{case_id}}"),
    "hold_id": ("referral", "DELETE", f"{_V1}/retention/holds/{{hold_id}}"),
    "witness_id": ("audit", "DELETE", f"{_V1}/audit/witnesses/{{witness_id}}"),
    "rule_id": ("notification", "DELETE", f"{_V1}/subscriptions/rules/{{rule_id}}"),
    "team_id": ("notification", "DELETE", f"{_V1}/subscriptions/teams/{{team_id}}"),
}
"""Whose good request names what can be taken away."""
_MEETING: Final = {"day": "2026-12-01", "time": "10:00", "minutes": "30", "mode": "phone"}
_REFERRAL: Final = {
    "service_id": str(town.HOUSE.id),
    "given_name": "Samuel",
    "family_name": "Quillfeather",
    "urgency": "urgent",
    "needs": "housing",
    "basis": "direct-care",
    "consent": "yes",
}
_TALK: Final = "/referrals/{referral_id}/handoffs/{handoff_id}"
FORMS: Final[Mapping[str, Mapping[str, Any]]] = {
    "/advice/{advice_id}/words": {"text": "From 17 and a half on."},
    "/directory/agreements/{agreement_id}/end": {"version": "1", "when": "now"},
    "/directory/sandboxes/{sandbox_id}/close": {"sure": "yes"},
    "/directory/sandboxes/{sandbox_id}/time": {"hours": "48"},
    "/directory/systems/{client_id}/close": {"sure": "yes"},
    "/directory/{listing}/{entry_id}/edit/{slug}": {"version": "1"},
    "/directory/{listing}/{entry_id}/edit/{slug}/save": {"version": "1"},
    "/directory/{listing}/{entry_id}/history/{version}": {"version": "2"},
    "/integrations/people/teams/{team_id}": {"name": "Nights", "version": "1"},
    "/refer": _REFERRAL,
    "/refer/change": _REFERRAL,
    "/refer/check": _REFERRAL,
    "/refer/draft": _REFERRAL,
    "/refer/list": {
        "service_id": str(town.HOUSE.id),
        "csv": "given_name,family_name,basis\nSamuel,Quillfeather,direct-care",
    },
    "/referrals/{referral_id}/break-glass": {
        "reason": "life-at-risk",
        "sentence": "On the bridge.",
    },
    "/referrals/{referral_id}/consent": {"version": "1", "given": "yes"},
    "/referrals/{referral_id}/own-page": {"days": "30"},
    "/referrals/{referral_id}/person": {
        "version": "1",
        "given_name": "Samuel",
        "family_name": "Quillfeather",
    },
    f"{_TALK}/messages": {"text": "Bring the letter.", "visibility": "both"},
    f"{_TALK}/appointments": _MEETING,
    f"{_TALK}/goals": {"text": "Cook.", "closeness": "3", "visibility": "both"},
    f"{_TALK}/goals/{{goal_id}}/reviews": {"progress": "achieved", "closeness": "9"},
    f"{_TALK}/outcomes": {
        "instrument": "ons4",
        "occasion": "before",
        "visibility": "both",
        **{f"answers.{item}": "4" for item in ("satisfied", "worthwhile", "happy", "anxious")},
    },
    f"{_TALK}/{{action}}": {"version": "1"},
}
"""What a page's form sends, where an empty one would be refused before anybody looks whose it is."""
_PERIOD: Final = "since=2026-10-01&until=2026-12-31"
QUERIES: Final[Mapping[str, str]] = {
    f"{_V1}/notifications/receipts": "handoff_id={handoff_id}",
    f"{_V1}/places": f"service={town.HOUSE.id}",
    f"{_V1}/subscriptions/preview": "template=handoff-requested",
    f"{_V1}/services/{{service_id}}/measures": "from=2026-10-01&until=2026-12-31",
    f"{_V1}/referrals/measures": _PERIOD,
    f"{_V1}/referrals/measures.csv": _PERIOD,
    "/refer/list": f"service={town.HOUSE.id}",
    f"{_TALK}/outcomes": "instrument=ons4",
}
"""What a GET asks for, where it has to ask for something."""
OWN_PATH: Final[Mapping[str, int]] = {
    f"{_V1}/handoffs/{{handoff_id}}/goals": 1,
    f"{_V1}/handoffs/{{handoff_id}}/goals/{{goal_id}}/reviews": 1,
    f"{_V1}/handoffs/{{handoff_id}}/outcomes": 1,
    f"{_V1}/organisations/{{organisation_id}}": 2,
    f"{_V1}/places/{{place_id}}": 1,
    f"{_V1}/services/{{service_id}}/headcounts": 1,
}
"""Routes whose good request is about somebody else, asked about what is the recipient's; its version."""
_WORKER: Final = Actor(principal="worker:caseworker", organisation=town.WARD, role=Role.CASEWORKER)


@dataclass(slots=True)
class Asking:
    """Asks each route on behalf of anybody; what the answer would change is undone."""

    here: Together
    town: Town
    ids: dict[str, str] = field(init=False)
    goods: dict[Route, Good] = field(init=False)
    _rules: dict[Route, str] = field(init=False)

    def __post_init__(self) -> None:
        """Make one of everything that addresses name."""
        t = self.town
        self._rules = {
            route: rule
            for name, app in self.here.apps.items()
            for route, rule, _ in routes(name, app)
        }
        self.goods = {route: row(t) for route, row in ROWS.items()}
        t.changed("organisations", {"id": town.RESPONSE}, ORGANISATION)
        webhook, _, delivery = t.delivery().partition("/deliveries/")
        appointment = t.appointment()
        worker, placement = t.placement().removeprefix(f"{_V1}/workers/").split("/placements/")
        self.ids = {
            "referral_id": t.referral_id(),
            "handoff_id": str(t.handoff),
            "appointment_id": appointment.rpartition("/")[2],
            "attachment_id": self._attachment(),
            "person_id": self._person(),
            "advice_id": t.question().rpartition("/")[2],
            "opening_id": str(self._opening()),
            "list_id": str(self._list()),
            "token": self._token(),
            "service_id": str(town.HOUSE.id),
            "organisation_id": str(town.RESPONSE),
            "programme_id": t.programme()["id"],
            "agreement_id": t.agreement()["id"],
            "place_id": str(town.open_place(self.here, label="Bed 2").id),
            "worker_id": worker,
            "placement_id": placement,
            "sandbox_id": t.sandbox(),
            "client_id": t.partner()["client_id"],
            "notification_id": t.notifications()[0]["id"],
            "webhook_id": webhook.rpartition("/")[2],
            "delivery_id": delivery,
            "export_id": self._made(
                "audit", AUDITOR, "audit/exports", referral_id=t.referral_id()
            ),
            **{name: self.goods[route].path.rpartition("/")[2] for name, route in DELETED.items()},
            "import_id": self._made("directory", town.OPERATOR, "imports", **IMPORT),
        }

    def routes(self, service: str) -> list[Route]:
        """Return every route of *service*."""
        return [route for route in self._rules if route[0] == service]

    def lists(self, service: str) -> list[Route]:
        """Return what can be read of *service* without naming one thing: lists, files, whole pages."""
        return [
            route
            for route in self.routes(service)
            if route[1] == "GET"
            and all(choices for choices, _ in PART.findall(self._rules[route]))
        ]

    def ask(self, route: Route, actor: Actor | None) -> Any:
        """Ask *route* on behalf of *actor*, or of nobody known; return the answer."""
        service, method, path = route
        good = self.goods.get(route)
        version = good.version if good and good.version is not None else 1
        headers = {"If-Match": f'"{OWN_PATH.get(path, version)}"'}
        said: dict[str, Any] = {}
        if good:
            said = {"json": good.json} if good.json is not None else {"data": good.form}
        elif method == "GET":
            said, headers = {"query_string": QUERIES.get(path, "").format(**self.ids)}, {}
        elif not path.startswith(_V1):
            said = {"data": self._form(path)}
        if actor:
            headers |= self.here.headers(actor)
        where = good.path if good and path not in OWN_PATH else self._path(route)
        return (
            self.here.apps[service]
            .test_client()
            .open(where, method=method, headers=headers, **said)
        )

    def _form(self, path: str) -> dict[str, Any]:
        if path.endswith("/attachments"):
            return {"file": (BytesIO(b"Bring it."), "letter.txt", "text/plain")}
        return dict(FORMS.get(path, {}))

    def _path(self, route: Route) -> str:
        """Return the rule of *route* with what is there in place of its parts."""

        def there(part: re.Match[str]) -> str:
            choices, name = part.groups()
            if choices:
                return choices.split(",")[0].strip("'")
            return self._there(route[2], name)

        return PART.sub(there, self._rules[route])

    def _there(self, path: str, name: str) -> str:
        if name == "entry_id":
            kind = path.removeprefix(f"{_V1}/").partition("/")[0].rstrip("s")
            return self.ids.get(f"{kind}_id", self.ids["organisation_id"])
        others = {"version": "1", "size": "1", "name": "break-glass", "slug": "about"}
        return self.ids.get(name, others.get(name, str(UUID(int=404))))

    def _made(self, service: str, actor: Actor, path: str, **body: Any) -> str:
        return str(self.town.made(service, actor, f"{_V1}/{path}", **body)["id"])

    def _attachment(self) -> str:
        body = {"name": "letter.txt", "media_type": "text/plain", "content": "QnJpbmcgaXQu"}
        path = f"handoffs/{self.town.handoff}/attachments"
        return self._made("referral", town.NURSE, path, **body)

    def _person(self) -> str:
        path = f"{_V1}/referrals/{self.town.referral_id()}"
        answer = self.here.ask("referral", town.NURSE, "GET", path)
        return str(answer.json["person_id"])

    def _opening(self) -> UUID:
        running = self.here.running["referral"]
        stranger = Actor(
            principal="worker:night", organisation=town.STRANGERS, role=Role.CASEWORKER
        )
        with running.database.transaction(actor=stranger) as uow:
            opened = break_glass(
                uow,
                vault_of(running.settings),
                UUID(self.town.referral_id()),
                reason="life-at-risk",
                sentence="Found on the bridge.",
            )
        return opened.id

    def _list(self) -> UUID:
        running = self.here.running["referral"]
        with running.database.transaction(actor=_WORKER) as uow:
            one = HandedIn(
                id=new_id(),
                principal=_WORKER.principal,
                employer=town.WARD,
                organisation=town.WARD,
                role=_WORKER.role,
                service_id=town.HOUSE.id,
                total=1,
                created_at=uow.now,
            )
            uow.store.lists.add(vault_of(running.settings), one, str(FORMS["/refer/list"]["csv"]))
        return one.id

    def _token(self) -> str:
        running = self.here.running["referral"]
        vault, about = vault_of(running.settings), UUID(self.town.referral_id())
        with running.database.transaction(actor=_WORKER) as uow:
            make_page(uow, vault, about, days=30)
        with running.database.transaction(actor=_WORKER) as uow:
            token = read_lent(uow, vault, about).token
        assert token
        return token


class _UndoneError(Exception):
    """Ends a transaction whose answer was all that was wanted."""


@contextmanager
def undone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every transaction begun in the block change nothing, though it answers as if it had."""
    begun = Database.transaction

    @contextmanager
    def transaction(self: Database[Any], **said: Any) -> Iterator[Any]:
        with suppress(_UndoneError), begun(self, **said) as uow:
            yield uow
            uow.flush()
            raise _UndoneError

    with monkeypatch.context() as patched:
        patched.setattr(Database, "transaction", transaction)
        yield
