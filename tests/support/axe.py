"""What axe objects to on a page, and what it cannot tell: text that nobody sees, sentences run together."""

from typing import Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
UNSEEN: Final = "equalRatio"
"""What axe notes where text has the very colour of its ground: it leaves it to people, and counts nothing."""

RUN_TOGETHER: Final = r"""() => {
  const programs = [...document.querySelectorAll("pre")].map(program => program.innerText);
  const said = programs.reduce((text, one) => text.replace(one, ""), document.body.innerText);
  return said.match(/\S*[a-z]{2}[.!?][A-Z][a-z]\S*/g) || [];
}"""
"""Where a template lost the space between two sentences; programs are none."""


def objections(page: Page) -> str:
    """Return a report of all that is wrong, empty where nothing is."""
    found = Axe().run(page, options={"runOnly": [*RULES]})
    report = found.generate_report() if found.violations_count else ""
    unseen = [
        node["html"]
        for doubt in found.response["incomplete"]
        for node in doubt["nodes"]
        if any((check["data"] or {}).get("messageKey") == UNSEEN for check in node["any"])
    ]
    return "\n".join(
        [
            report,
            *(f"Nobody can see {html}" for html in unseen),
            *(f"Run together: {words}" for words in page.evaluate(RUN_TOGETHER)),
        ]
    ).strip()
