"""Programs that each consume one queue: take an event, insert a row, commit, acknowledge.

Each is written the way its framework's documentation shows, takes ``BENCH_AMQP_URI`` and
``BENCH_DATABASE_URL``, and runs until SIGTERM.
"""
