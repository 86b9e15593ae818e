"""Somebody with a browser without JavaScript: reads pages, fills in their forms, follows where they lead."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

from flask import Flask
from werkzeug.test import TestResponse

from onward.clock import ManualClock
from onward.identity import Actor, Role
from onward.settings import Settings
from onward.web.sessions import begin_session
from onward.web.tokens import issue_session


@dataclass
class Form:
    """A form as the page drew it."""

    action: str
    method: str
    fields: dict[str, Any] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._inside = False
        self._button = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms, their fields and their buttons."""
        given = dict(attrs)
        if tag == "form":
            self.found.append(Form(given.get("action") or "", given.get("method") or "get"))
            self._inside = True
        elif self._inside and tag in {"input", "textarea", "select"}:
            self._field(given)
        elif tag == "button":
            self._button = self._inside
            if self._inside:
                self.found[-1].buttons.append("")

    def handle_data(self, data: str) -> None:
        """Note what a button says."""
        if self._button:
            self.found[-1].buttons[-1] += data.strip()

    def handle_endtag(self, tag: str) -> None:
        """Leave a form or a button."""
        if tag == "form":
            self._inside = False
        if tag == "button":
            self._button = False

    def _field(self, given: dict[str, str | None]) -> None:
        name, kind = given.get("name"), given.get("type")
        chosen = kind not in {"radio", "checkbox"} or "checked" in given
        if name and chosen:
            self.found[-1].fields[name] = given.get("value") or ""


class Worker:
    """A caseworker with a browser."""

    def __init__(
        self,
        app: Flask,
        settings: Settings,
        clock: ManualClock,
        organisation: UUID,
        role: Role = Role.CASEWORKER,
    ) -> None:
        actor = Actor(principal="worker:kim", organisation=organisation, role=role)
        session = begin_session(actor, at=clock.now(), label="Kim")
        self.cookie = issue_session(settings, session)
        self.client = app.test_client()
        self.client.set_cookie("onward-session", self.cookie)

    def sees(self, path: str, status: int = 200) -> str:
        """Return the page at *path*."""
        response = self.client.get(path, headers={"Accept": "text/html"})
        assert response.status_code == status, response.get_data(as_text=True)
        return response.get_data(as_text=True)

    def sends(self, page: str, action: str, **filled: Any) -> TestResponse:
        """Fill in the form of *page* whose action ends so, and send it."""
        parser = _Forms()
        parser.feed(page)
        form = next(form for form in parser.found if form.action.endswith(action))
        data = {**form.fields, **filled}
        return self.client.post(form.action, data=data, headers={"Accept": "text/html"})

    def after(self, response: TestResponse) -> str:
        """Return the page that a sent form leads to."""
        assert response.status_code == 303, response.get_data(as_text=True)
        return self.sees(response.headers["Location"])
