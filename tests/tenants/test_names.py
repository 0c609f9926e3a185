"""Which names a business may have."""

import pytest
from django.core.exceptions import ValidationError

from tenants.names import schema_name_for, validate_host, validate_schema_name


@pytest.mark.parametrize(
    ("label", "schema"),
    [("salon", "salon"), ("anna-hair", "anna_hair"), ("gym", "gym"), ("a" * 41, "a" * 41)],
)
def test_a_label_names_its_schema(label: str, schema: str) -> None:
    assert schema_name_for(label) == schema


@pytest.mark.parametrize(
    "label",
    [
        "", "ab", "a" * 42, "Salon", "7th", "-salon", "salon-", "sa--lon", "sa_lon", "sa.lon",
        "salon ", " salon", "salon\n", "sälon", "../../etc", 'a"b', "a;drop", "a\x00b", "xn--abc",
        "public", "www", "admin", "api", "pg-catalog", "information-schema", "extensions",
    ],
)  # fmt: skip
def test_any_other_label_is_refused(label: str) -> None:
    with pytest.raises(ValidationError):
        schema_name_for(label)


@pytest.mark.parametrize(
    "schema", ["public", "pg_toast", "information_schema", "extensions", "A", "a-b", "x" * 42, ""]
)
def test_a_schema_name_that_is_postgresqls_or_ours_is_refused(schema: str) -> None:
    with pytest.raises(ValidationError):
        validate_schema_name(schema)


@pytest.mark.parametrize(
    "host", ["https://a.example", "a.example:80", "A.example", "localhost", "a..example", "a/b.c"]
)
def test_a_custom_domain_is_a_bare_host_name(host: str) -> None:
    with pytest.raises(ValidationError):
        validate_host(host)


def test_a_custom_domain_may_be_any_host_name() -> None:
    validate_host("book.anna-hair.co.uk")
