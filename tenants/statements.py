"""Statements of the busiest paths: their SQL is written once, and sent together.

Django composes a query's text anew each time, and sends each alone; both take several times as
long as running it. What Stripe's events do for each payment goes through here; everything else
uses the models' managers. These functions send no signals and follow no relations.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models.expressions import DatabaseDefault

from tenants.connection import threads_connection
from tenants.sharding import is_citus

if TYPE_CHECKING:
    from tenants.postgresql.base import DatabaseWrapper

M = TypeVar("M", bound=models.Model)
Parameters = list[Any]
#: What goes to the driver as it is; a subclass may have a form of its own for the database.
PLAIN = (
    models.CharField, models.TextField, models.EmailField, models.BooleanField, models.UUIDField,
    models.IntegerField, models.BigIntegerField, models.PositiveIntegerField, models.DateTimeField,
)  # fmt: skip


class Statement(NamedTuple):
    """SQL with its parameters, and what to do with the cursor once it has run."""

    sql: str
    parameters: Parameters
    then: Callable[[Any], None] | None = None


COMMIT = Statement("COMMIT", [])


class Column(NamedTuple):
    """A field that is written: its name in SQL, and what gives its value of a row."""

    name: str
    value: Callable[[models.Model, "DatabaseWrapper"], Any]


@contextmanager
def together(*, until_commit: bool = False) -> Iterator[None]:
    """Send the statements of this module that the block makes in one round trip.

    They leave with the first that reads, at the latest at the end of the block; keys that the
    database makes are known after that. Meanwhile other queries are refused: they would not see
    what has not been sent.

    With `until_commit` what is left at the end of the block waits for the transaction's next
    query, whichever it is, or else leaves in the message of its COMMIT: an error in it is raised
    there. For a block after which nobody asks for a key.
    """
    connection = threads_connection()
    if connection.is_collecting:
        yield
        return
    earlier, schema = connection.unsent, connection.schema_name
    connection.unsent, connection.is_collecting = [*earlier], True
    try:
        yield
        if connection.schema_name != schema:
            raise RuntimeError("Another business was entered while statements were collected.")
        if not (until_commit and connection.in_transactions):
            send(connection)
    except BaseException:
        # What was there before the block is not undone with it.
        connection.unsent = [one for one in connection.unsent if one in earlier]
        raise
    finally:
        connection.is_collecting = False


def run(statement: Statement, *, reads: bool = False) -> None:
    """Run `statement`: now if it `reads` or stands alone, else with the others of `together`."""
    _run(threads_connection(), statement, reads=reads)


def _run(connection: "DatabaseWrapper", statement: Statement, *, reads: bool = False) -> None:
    connection.unsent.append(statement)
    if reads or not connection.is_collecting:
        send(connection)


def send(connection: "DatabaseWrapper", *, and_commit: bool = False) -> None:
    """Send what waits, in one message; with the COMMIT of the transaction, if so wanted."""
    unsent, connection.unsent = connection.unsent, []
    if not unsent:
        return
    if and_commit:
        unsent.append(COMMIT)
    cursor = connection.kept_cursor()
    # One by one: the driver remembers by its text how a statement is taken apart, unless it is
    # very long.
    with connection.wrap_database_errors:
        texts = [cursor.mogrify(one.sql, one.parameters) for one in unsent]
    cursor.execute(";\n".join(texts))
    for number, statement in enumerate(unsent, -len(unsent)):
        if statement.then is not None:
            cursor.set_result(number)
            statement.then(cursor)


def insert(row: models.Model) -> None:
    """Write `row`, which must be new, and note the key that the database gives it."""
    connection = threads_connection()
    sql, columns, key = _insert_sql(type(row))

    def note(cursor: Any) -> None:
        _note_written(row, key, cursor.fetchone()[0] if key else None)

    _run(connection, Statement(sql, _values(connection, columns, row), note))


def insert_once(row: models.Model, unique: str, *, then: tuple[str, Parameters]) -> bool:
    """Write `row` unless another has the same value in the column `unique`; False if one has.

    `then` is an expression with its parameters, evaluated for what was written: both happen, or
    neither. It knows the row's key, which must be one that the database makes.
    """
    connection = threads_connection()
    sql, columns, key = _insert_sql(type(row))
    values = _values(connection, columns, row)
    head, _, tail = sql.rpartition(" RETURNING ")
    inserted = f'{head} ON CONFLICT ("{unique}") DO NOTHING RETURNING {tail}'
    expression, parameters = then

    def note(cursor: Any) -> None:
        found = cursor.fetchone()
        if found is not None:
            _note_written(row, key, found[0])

    if is_citus():
        # The row is on another machine than what else the expression works with.
        with transaction.atomic(savepoint=False):
            _run(connection, Statement(inserted, values, note), reads=True)
            if not row._state.adding:
                made = f"SELECT {expression} FROM (SELECT {int(row.pk)}::bigint AS {tail}) made"  # noqa: S608
                _run(connection, Statement(made, parameters), reads=True)
        return not row._state.adding
    sql = f"WITH inserted AS ({inserted}) SELECT {tail}, {expression} FROM inserted"  # noqa: S608 - of our models
    _run(connection, Statement(sql, [*values, *parameters], note), reads=True)
    return not row._state.adding


def _note_written(row: models.Model, key: str, value: object) -> None:
    if key:
        setattr(row, key, value)
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def update(row: models.Model, names: Collection[str]) -> None:
    """Write the fields called `names` of `row`, which must exist: lock it before."""
    connection = threads_connection()
    sql, columns = _update_sql(type(row), tuple(sorted(names)))
    _run(connection, Statement(sql, [*_values(connection, columns, row), row.pk]))


class Rows(Generic[M]):
    """A query for whole rows of one model whose text is the same at every call.

    `queryset` is called once, with the example values `places`, and says what to ask for. Each
    of `places` must be a parameter of its SQL, in the same order and with no others between.
    """

    def __init__(
        self, model: type[M], queryset: Callable[..., "models.QuerySet[M]"], *places: object
    ) -> None:
        self._model = model
        self._queryset = queryset
        self._places = places

    def __call__(self, *values: object) -> list[M]:
        """Return the rows for `values`, which stand where the places were."""
        connection = threads_connection()
        found: list[M] | None = connection.read_ahead.pop((self, values), None)
        if found is None:
            self._ask(connection, values, reads=True)
            found = connection.read_ahead.pop((self, values))
        return found

    def ahead(self, *values: object) -> None:
        """Ask for the rows now, with other statements; the transaction's next call gets them.

        What is written to them in between is not seen.
        """
        self._ask(threads_connection(), values, reads=False)

    def _ask(
        self, connection: "DatabaseWrapper", values: tuple[object, ...], *, reads: bool
    ) -> None:
        def note(cursor: Any) -> None:
            connection.read_ahead[self, values] = list(self._read(connection, cursor))

        _run(connection, Statement(self._sql, [*values], note), reads=reads)

    @cached_property
    def _sql(self) -> str:
        sql, parameters = self._queryset(*self._places).order_by().query.sql_with_params()
        if tuple(parameters) != self._places:
            raise TypeError(f"the query takes {parameters}, not {self._places}")
        return sql

    @cached_property
    def _columns(self) -> tuple[list[str], list[tuple[int, list[Callable[..., Any]]]]]:
        """The names of the attributes, and for some the functions that make Python of SQL."""
        connection = threads_connection()
        names, converters = [], []
        for number, field in enumerate(self._model._meta.concrete_fields):
            column = field.get_col(self._model._meta.db_table)
            functions = [
                *connection.ops.get_db_converters(column), *column.get_db_converters(connection)
            ]  # fmt: skip
            names.append(field.attname)
            if functions:
                converters.append((number, functions))
        return names, converters

    def _read(self, connection: "DatabaseWrapper", cursor: Any) -> Iterator[M]:
        names, converters = self._columns
        for row in cursor.fetchall():
            values = list(row)
            for number, functions in converters:
                for function in functions:
                    values[number] = function(values[number], None, connection)
            yield self._model.from_db(DEFAULT_DB_ALIAS, names, values)


@cache
def _insert_sql(model: type[models.Model]) -> tuple[str, list[Column], str]:
    """Return the statement, what it writes, and the name of the key that the database makes."""
    key = model._meta.pk
    made = isinstance(key, models.AutoField)
    fields = model._meta.concrete_fields
    columns = [_column(field, is_new=True) for field in fields if not (made and field is key)]
    names = ", ".join(column.name for column in columns)
    places = ", ".join("%s" for _ in columns)
    sql = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({places})'  # noqa: S608
    if made:
        return f'{sql} RETURNING "{key.column}"', columns, key.attname
    return sql, columns, ""


@cache
def _update_sql(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, list[Column]]:
    columns = [_column(model._meta.get_field(name), is_new=False) for name in names]
    settings = ", ".join(f"{column.name} = %s" for column in columns)
    key = model._meta.pk.column
    sql = f'UPDATE "{model._meta.db_table}" SET {settings} WHERE "{key}" = %s'  # noqa: S608
    return sql, columns


def _column(field: Any, *, is_new: bool) -> Column:
    attribute = attrgetter(field.attname)

    def as_it_is(row: models.Model, connection: "DatabaseWrapper") -> Any:
        return attribute(row)

    def prepared(row: models.Model, connection: "DatabaseWrapper") -> Any:
        value = field.pre_save(row, is_new)
        if isinstance(value, DatabaseDefault):
            # Known to the model as well as to the database.
            value = field.db_default
        return field.get_db_prep_save(value, connection)

    # A time may be now's; the database may have a value of its own.
    is_set = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    is_plain = type(field) in PLAIN and not is_set and not field.has_db_default()
    return Column(f'"{field.column}"', as_it_is if is_plain else prepared)


def _values(connection: "DatabaseWrapper", columns: list[Column], row: models.Model) -> Parameters:
    return [column.value(row, connection) for column in columns]
