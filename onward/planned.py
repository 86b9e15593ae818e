"""Have PostgreSQL parse and plan once per connection what is said to it often, always in the same words.

For statements on the way of every handoff: parsing and planning a short one costs the server about as much
as running it. A list goes into such a statement as one parameter, so that its words stay the same.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from onward.wire import Cursor, Wire

_OPTION = "onward_planned"

X = TypeVar("X", bound=sa.Executable)


def planned(statement: X) -> X:
    """Return *statement* as one that is planned once per connection; its parameters have names."""
    return statement.execution_options(**{_OPTION: True})


def one_of(parameter: str) -> sa.CollectionAggregate[Any]:
    """Return what an id equals that is among the list of ids called *parameter*."""
    return sa.any_(sa.bindparam(parameter, type_=postgresql.ARRAY(sa.Uuid)))


def later(
    connection: sa.Connection, statement: sa.ClauseElement, parameters: Mapping[str, Any]
) -> None:
    """Run *statement*, whose answer nobody wants, before whatever *connection* says next, in one message.

    Where it fails, what is said next raises its error.
    """
    say_later(connection, _text(statement, connection.dialect), parameters)


def say_later(connection: sa.Connection, text: str, parameters: Mapping[str, Any]) -> None:
    """Run SQL *text*, with *parameters* as psycopg2 names them, as `later` runs a statement."""
    wire: object = connection.connection.dbapi_connection
    if isinstance(wire, Wire):
        wire.later(wire.plan(text, parameters), parameters)
    else:
        connection.exec_driver_sql(text, dict(parameters))


def say_planned(cursor: Any, text: str, parameters: Mapping[str, Any]) -> None:
    """Execute SQL *text*, planned once where the connection can, with *parameters*, on *cursor*."""
    if isinstance(cursor, Cursor):
        cursor.execute_planned(text, parameters)
    else:
        cursor.execute(text, parameters)


def execute_planned(
    cursor: Any, statement: str, parameters: Any, context: sa.ExecutionContext
) -> bool:
    """Execute what `planned` returned, as SQLAlchemy asks its listeners; tell whether this was that."""
    if not (isinstance(cursor, Cursor) and context.execution_options.get(_OPTION)):
        return False
    cursor.execute_planned(statement, parameters)
    return True


@cache
def _text(statement: sa.ClauseElement, dialect: sa.Dialect) -> str:
    return str(statement.compile(dialect=dialect))
