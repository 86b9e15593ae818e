"""Who a service is for, as data: a rule tree, what it finds in a person's facts, and the words for both.

A service keeps one JSON document (null: its source does not say whom it takes). In YAML:

    facts:                      # questions that only this service asks; the shared ones are in `facts`
      campus_resident:
        asks: Does the person live on the campus?
        says: Lives on the campus
        opposite: Does not live on the campus
    rule:
      all:
        - {fact: age, over: 18}                         # not the same rule as {fact: age, at_least: 18}
        - {fact: in_crisis, is: true}
        - {fact: district, one_of: [E07000177, E07000178]}
        - any:
            - {fact: needs, has_any: [housing, benefits]}
            - {fact: campus_resident, is: true}
        - not: {fact: urgent_medical_need, is: true}
        - {discretion: "The team decides after meeting the person."}
    unstated: ["Whether people under 18 can come"]      # what the source leaves open, shown as such

A fact of one's own is a ``kind`` of flag (the default), number, code or codes, and may have ``choices``
and the code with which it declines (``decline``). A rule is one of ``all``, ``any`` (lists), ``not`` (one
rule), ``discretion`` (a sentence) or a comparison: ``fact`` with ``over``, ``at_least``, ``under``,
``at_most`` (numbers), ``is`` (yes or no, a number or one code), ``one_of`` (a fact with one code), ``has``,
``has_any`` or ``has_all`` (a fact with several codes). A comparison may put itself in words (``says``) and
name another ``decline``. The shared facts are in `eligibility.facts.SHARED`.
"""

from services.directory.domain.eligibility.assessing import Assessment, Outcome, assess
from services.directory.domain.eligibility.facts import Facts, read_facts
from services.directory.domain.eligibility.reading import read
from services.directory.domain.eligibility.rules import Eligibility
from services.directory.domain.eligibility.words import in_words
from services.directory.domain.eligibility.writing import write

__all__ = [
    "Assessment",
    "Eligibility",
    "Facts",
    "Outcome",
    "assess",
    "in_words",
    "read",
    "read_facts",
    "write",
]
