"""Private servers for rehearsals and the embedded platform: PostgreSQL, RabbitMQ, databases.

Nothing here is needed where the operator names servers of their own in ``ONWARD_…`` settings.
"""

from onward.servers.databases import ServiceDatabase, create_service_database, drop_database
from onward.servers.postgres import EmbeddedPostgres, LocalPostgres, PrivatePostgres
from onward.servers.process import ServerError
from onward.servers.rabbit import LocalRabbit

__all__ = [
    "EmbeddedPostgres",
    "LocalPostgres",
    "LocalRabbit",
    "PrivatePostgres",
    "ServerError",
    "ServiceDatabase",
    "create_service_database",
    "drop_database",
]
