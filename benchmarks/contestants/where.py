"""Where a contestant finds the servers."""

import os

AMQP_URI = os.environ["BENCH_AMQP_URI"]
DATABASE_URL = os.environ["BENCH_DATABASE_URL"]
PLAIN_DATABASE_URL = DATABASE_URL.replace("postgresql+psycopg2://", "postgresql://")
PREFETCH = 10
"""What Nameko ships with (its ``max_workers``), given to every one-by-one consumer that can be told."""
