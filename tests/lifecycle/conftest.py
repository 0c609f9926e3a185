"""A business that was not there before the test, and is not there after it."""

from collections.abc import Iterator

import pytest

from tenants.models import Tenant
from tests.lifecycle.support import drop, lived_in


@pytest.fixture
def newcomer(transactional_db: None) -> Iterator[Tenant]:
    yield lived_in()
    drop("newcomer", "renamed", "elsewhere")
