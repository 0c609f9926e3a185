"""Django's memory of content types, kept by each connection for the business that it is in.

Django keeps one for the process, and django-tenants empties it whenever a thread enters a business.
Another thread may fill it again from its own business meanwhile, and so may, in a roll-out, the
business before: a model's content type has another id there. Ours is the connection's, so no other
thread sees it, and is empty after the connection has gone elsewhere.
"""

from collections import defaultdict
from typing import Any

from django.contrib.contenttypes.models import ContentTypeManager
from django.db import connections
from django.db.models import Model

#: By the model that asks: a migration's is not the application's.
RememberedContentTypes = defaultdict[type[Model], dict[str, Any]]


def remember_by_connection() -> None:
    """Have all managers of content types remember them on their connection, which is ours."""
    ContentTypeManager._cache = property(_of_connection, _not_of_manager)  # type: ignore[attr-defined]


def _of_connection(manager: ContentTypeManager) -> dict[str, Any]:
    connection: Any = connections[manager.db]
    remembered: RememberedContentTypes = connection.remembered_content_types
    return remembered[manager.model]


def _not_of_manager(manager: ContentTypeManager, value: object) -> None:
    """Take the memory that a manager makes for itself, and leave it."""
