"""Tables whose rows the database itself refuses to change or delete."""

from typing import Any

from django.conf import settings
from django.db.migrations.operations.base import Operation

FUNCTION = "refuse_change"
#: Created among the extensions, once for all businesses; TRUNCATE and DROP are still possible.
CREATE_FUNCTION = """
CREATE OR REPLACE FUNCTION "{schema}".{function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""


def create_function_sql() -> str:
    return CREATE_FUNCTION.format(schema=settings.EXTENSIONS_SCHEMA, function=FUNCTION)


TRIGGERS = """
SELECT format('DROP TRIGGER %%I ON %%I.%%I', t.tgname, n.nspname, c.relname)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace s ON s.oid = p.pronamespace
WHERE n.nspname = %s AND p.proname = %s AND s.nspname = %s
"""


def drop_triggers(cursor: Any, schema: str) -> None:
    """Let the rows of every table of `schema` be changed again."""
    cursor.execute(TRIGGERS, [schema, FUNCTION, settings.EXTENSIONS_SCHEMA])
    for (statement,) in cursor.fetchall():
        cursor.execute(statement)


class MakeAppendOnly(Operation):
    """A migration's operation: rows of `table` can be inserted, never updated or deleted.

    Does nothing with APPEND_ONLY_TRIGGERS off: Citus takes triggers on a business's tables only
    with a setting of its own.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, table: str) -> None:
        self.table = table

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.table], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The state of the models stays the same."""

    def database_forwards(self, app_label: str, editor: Any, before: Any, after: Any) -> None:
        if settings.APPEND_ONLY_TRIGGERS and self.allow_migrate(editor, app_label):
            editor.execute(
                f'CREATE TRIGGER "{self.table}_append_only" BEFORE UPDATE OR DELETE '
                f'ON "{self.table}" FOR EACH ROW '
                f'EXECUTE FUNCTION "{settings.EXTENSIONS_SCHEMA}".{FUNCTION}()'
            )

    def database_backwards(self, app_label: str, editor: Any, before: Any, after: Any) -> None:
        if self.allow_migrate(editor, app_label):
            editor.execute(f'DROP TRIGGER IF EXISTS "{self.table}_append_only" ON "{self.table}"')

    def allow_migrate(self, editor: Any, app_label: str) -> bool:
        from django.db import router

        return bool(router.allow_migrate(editor.connection.alias, app_label))

    def describe(self) -> str:
        return f"Refuse changes to the rows of {self.table}"
