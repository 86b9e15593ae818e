"""When a service is open: its usual hours, sessions, dated exceptions and bank holidays.

A service keeps one JSON document (null: its source does not say when it is open). In YAML:

    time_zone: Europe/London                      # the default
    weekly:
      - {days: [mon, tue, wed], from: "09:00", to: "17:00"}
      - {days: [sat], from: "18:00", to: "02:00"}          # ends on the next day; 24:00 is midnight
    sessions:                                     # RFC 5545: DAILY, WEEKLY or MONTHLY
      - {name: Smart Recovery, rule: "FREQ=WEEKLY;BYDAY=TU", starts: "2026-01-06T18:30", minutes: 90}
    bank_holidays: closed                         # or as_usual, or [{from: "10:00", to: "13:00"}]
    exceptions:                                   # a day named here has these hours and no others
      - {day: "2026-12-24", to: "2026-12-26", closed: true, says: Christmas}
      - {day: "2026-12-31", hours: [{from: "10:00", to: "13:00"}]}
    unstated: ["Open six days a week: which days and hours is not said"]

``always: true`` instead of ``weekly`` and ``sessions`` is day and night. With none of the three nobody
knows whether it is open; without ``bank_holidays`` nobody knows about those days. Times are those of the
clock on the wall, in quotes (YAML takes 18:00 for a number); days are the ones on which an opening begins.
Bank holidays are those of the service's nation.
"""

from services.directory.domain.opening.calendar import Now, State, now
from services.directory.domain.opening.reading import read
from services.directory.domain.opening.times import Opening
from services.directory.domain.opening.words import in_words, now_in_words
from services.directory.domain.opening.writing import write

__all__ = ["Now", "Opening", "State", "in_words", "now", "now_in_words", "read", "write"]
