"""Django's schema editor, without the indexes that only LIKE with a fixed beginning could use.

Django gives each text column that is unique or indexed a second index, of text_pattern_ops. Nothing
here asks a large table that way, and a business has hundreds of tables and indexes already: each is
a file, a part of every write, and something that a connection has to know of each business.
A query with `startswith` finds its rows by another column.
"""

from typing import Any

from django.db.backends.postgresql import schema


class SchemaEditor(schema.DatabaseSchemaEditor):
    """What migrations run on."""

    def _create_like_index_sql(self, model: Any, field: Any) -> None:
        return None
