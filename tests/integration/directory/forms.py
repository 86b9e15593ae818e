"""Somebody at a browser without a script, who sends forms as they were drawn."""

import re
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
PLAIN = ("when", "last_day")
"""Fields that are no facts of an entry."""


class Editor:
    """Somebody at a browser, who sends forms as they were drawn."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.page = ""

    def look(self, path: str) -> str:
        answer = self.client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        self.page = unescape(answer.get_data(as_text=True))
        return self.page

    def send(self, path: str, **said: Any) -> TestResponse:
        """Send the first form of the page with its hidden fields, and what is *said* beside.

        What entries state goes under its JSON Pointer, with ``__`` for every stroke but the first.
        """
        return self._send(path, self.page.split("<main")[1], said)

    def send_to(self, action: str) -> TestResponse:
        """Send the form of the page that goes to *action*, as it was drawn."""
        return self._send(action, self.page.split(f'action="{action}"')[1], {})

    def _send(self, path: str, page: str, said: dict[str, Any]) -> TestResponse:
        form = page.split("</form>", maxsplit=1)[0]
        fields: dict[str, Any] = {}
        for name, value in HIDDEN.findall(form):
            fields.setdefault(name, []).append(value)
        for name, value in said.items():
            fields[name if name in PLAIN else "/" + name.replace("__", "/")] = value
        answer = self.client.post(path, data=fields, headers={"Accept": "text/html"})
        self.page = unescape(answer.get_data(as_text=True))
        return answer
