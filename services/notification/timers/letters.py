"""Write an e-mail, as text and as HTML: no personal detail, an id that stays however often it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from typing import Final

from markupsafe import Markup

from services.notification.domain.messages import Letter
from services.notification.domain.rules import Urgency
from services.notification.domain.saying import frame
from services.notification.domain.wording import Frame, Said
from services.notification.handlers.phrasing import phrase_letter, reference_in, title_of

_ITEM: Final = """\
{happened}

{todo_word}: {todo}

{reference_word}: {reference}
{open_word}: {link}
"""
_COVERING: Final = "{covering}\n"
_FOOT: Final = """
{sign_in}
{choices_word}: {choices}
"""
_STOP: Final = "{stop_word}: {stop}\n"

# One column without a picture or a style sheet: every mail program shows it, and readers enlarge it.
_PAGE: Final = Markup("""\
<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title></head>
<body>
{items}<hr>
<p>{sign_in}</p>
<p><a href="{choices}">{choices_word}</a></p>
{stop}</body></html>
""")
_HTML_ITEM: Final = Markup("""\
<h2>{subject}</h2>
<p>{happened}</p>
<p><strong>{todo_word}:</strong> {todo}</p>
<p>{reference_word}: {reference}. <a href="{link}">{open_word}</a></p>
""")
_HTML_COVERING: Final = Markup("<p>{covering}</p>\n")
_HTML_STOP: Final = Markup('<p><a href="{stop}">{stop_word}</a></p>\n')


class _Address(UnstructuredHeader, BaseHeader):
    """A header that holds an address in angle brackets, on one line however long.

    Else what is longer than a line becomes encoded words, in which no mail program looks for a link.
    """

    def fold(self, *, policy: Policy) -> str:
        """Return the header as it is sent."""
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS: Final = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who an e-mail says it is from, and where its links lead."""

    public_url: str
    sender: str
    """Address in From."""

    @property
    def domain(self) -> str:
        """What follows the ``@`` in the sender's address."""
        return self.sender.rpartition("@")[2]


def write(letter: Letter, mailbox: str, origin: Origin, *, at: datetime) -> EmailMessage:
    """Return *letter* ready to send to *mailbox*. Raises `ValueError` where that is no address."""
    said, words = phrase_letter(letter), frame(letter.language)
    mail = _envelope(letter, mailbox, origin, at=at)
    mail["Subject"] = title_of(letter, said)
    if letter.message.urgency is not Urgency.ROUTINE:
        mail["Importance"] = "high"
    page = "/notifications/settings" if letter.message.principal else "/integrations"
    _fill(mail, [(letter, said)], words, origin, choices=origin.public_url + page)
    return mail


def write_digest(
    letters: Sequence[Letter], mailbox: str, origin: Origin, *, token: str, at: datetime
) -> EmailMessage:
    """Return *letters* to one worker as one e-mail that can be stopped with one click (RFC 8058).

    Raises `ValueError` where *mailbox* is no address.
    """
    words = frame(letters[0].language)
    mail = _envelope(letters[0], mailbox, origin, at=at)
    alone = len(letters) == 1
    mail["Subject"] = words.digest_one if alone else words.digest.format(count=len(letters))
    mail["List-Unsubscribe"] = f"<{origin.public_url}/api/v1/notifications/unsubscribe/{token}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    _fill(
        mail,
        [(letter, phrase_letter(letter)) for letter in letters],
        words,
        origin,
        choices=f"{origin.public_url}/notifications/settings",
        stop=f"{origin.public_url}/notifications/unsubscribe/{token}",
    )
    return mail


def _envelope(letter: Letter, mailbox: str, origin: Origin, *, at: datetime) -> EmailMessage:
    mail = EmailMessage(policy=SMTP.clone(header_factory=_HEADERS))
    mail["From"] = f"Onward <{origin.sender}>"
    mail["To"] = mailbox
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{letter.message.id}@{origin.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies, please
    return mail


def _fill(
    mail: EmailMessage,
    items: Sequence[tuple[Letter, Said]],
    words: Frame,
    origin: Origin,
    *,
    choices: str,
    stop: str | None = None,
) -> None:
    facts = [_facts(letter, said, words, origin) for letter, said in items]
    foot = {"sign_in": words.sign_in, "choices_word": words.choices, "choices": choices}
    leave = {"stop": stop, "stop_word": words.stop}
    item = _ITEM if stop is None else "{subject}\n\n" + _ITEM
    written = [_written(each, item, _COVERING) for each in facts]
    text = "\n----\n\n".join(written) + _FOOT.format(**foot)
    mail.set_content(text + (_STOP.format(**leave) if stop else ""))
    page = _PAGE.format(
        language=items[0][0].language,
        title=mail["Subject"],
        items=Markup("").join(_written(each, _HTML_ITEM, _HTML_COVERING) for each in facts),
        stop=_HTML_STOP.format(**leave) if stop else "",
        **foot,
    )
    mail.add_alternative(page, subtype="html")


def _written(facts: Mapping[str, str], item: str, covering: str) -> str:
    """Return one entry, and below it why somebody gets it who covers."""
    return (item + covering if facts["covering"] else item).format(**facts)


def _facts(letter: Letter, said: Said, words: Frame, origin: Origin) -> dict[str, str]:
    return {
        "subject": said.subject,
        "happened": said.happened,
        "todo": said.todo,
        "todo_word": words.todo,
        "reference": reference_in(letter),
        "reference_word": words.reference,
        "link": origin.public_url + said.path,
        "open_word": words.open,
        "covering": words.covering if letter.covering else "",
    }
