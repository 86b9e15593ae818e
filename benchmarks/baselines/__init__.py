"""The same pipeline as a team would write it on stock Nameko.

``@event_handler``, the SQLAlchemy ORM, an outbox with a relay that NOTIFY wakes. It does what each of our
services does for an accepted handoff, and is spared what Nameko does not offer: it drops no duplicates,
keeps no order, parks nothing, and each service hears only the events it needs.
"""
