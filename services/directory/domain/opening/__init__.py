"""When a service is open: its usual hours, sessions, dated exceptions and bank holidays.

A service keeps one JSON document (null: its source does not say when it is open). In YAML:

    time_zone: Europe/London                      # the default
    always: true                                  # day and night; then nothing but exceptions
    weekly:
      - {days: [mon, tue, wed], from: "09:00", to: "17:00"}
      - {days: [sat], from: "18:00", to: "02:00"}          # ends on the next day; 24:00 is midnight
    sessions:                                     # RFC 5545: DAILY, WEEKLY, MONTHLY or YEARLY
      - {name: Smart Recovery, rule: "FREQ=WEEKLY;BYDAY=TU", starts: "2026-01-06T18:30", minutes: 90}
    bank_holidays: closed                         # or as_usual, or [{from: "10:00", to: "13:00"}]
    exceptions:                                   # a day named here has these hours and no others
      - {day: "2026-12-24", to: "2026-12-26", closed: true, says: Christmas}
      - {day: "2026-12-31", hours: [{from: "10:00", to: "13:00"}]}
    unstated: ["Open six days a week: which days and hours is not said"]

With neither ``always``, ``weekly`` nor ``sessions`` nobody knows whether it is open. Where
``bank_holidays`` is missing nobody knows about those days. Times are those on the wall; days are the
ones on which an opening begins. Bank holidays are those of the service's nation.
"""
