"""A migration that the old code, or a half-migrated fleet, can't live with is refused."""

from typing import Any

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.state import ModelState, ProjectState

from tests.migrations import migration_problems, problems_of

RULES: list[tuple[Any, str]] = [
    (migrations.RemoveField("invoice", "note"), "the old code still uses it"),
    (migrations.RenameField("invoice", "note", "text"), "the old code still uses it"),
    (migrations.RenameModel("Invoice", "Bill"), "the old code still uses it"),
    (migrations.DeleteModel("Invoice"), "the old code still uses it"),
    (migrations.AddField("invoice", "x", models.IntegerField(default=1)), "give it db_default"),
    (migrations.AlterField("invoice", "note", models.TextField(null=True)), "the type changes"),
    (
        migrations.AlterField("invoice", "note", models.CharField(max_length=4, null=True)),
        "may be too long",
    ),
    (migrations.AlterField("invoice", "note", models.CharField(max_length=9)), "writes NULL"),
    (
        migrations.AddIndex("invoice", models.Index(fields=["note"], name="a" * 30)),
        "",
    ),
    (
        migrations.AddConstraint(
            "invoice", models.UniqueConstraint(fields=["note"], name="a" * 51)
        ),
        "has 51 characters",
    ),
    (
        migrations.CreateModel(
            "New",
            [("id", models.BigAutoField(primary_key=True))],
            {"constraints": [models.CheckConstraint(condition=models.Q(id=1), name="b" * 52)]},
        ),
        "has 52 characters",
    ),
    (migrations.RunSQL("UPDATE invoice SET note = ''"), "a list of single statements"),
    (migrations.RunSQL(["SELECT 1; SELECT 2"]), "wants single statements"),
    (migrations.RunSQL(["CREATE INDEX CONCURRENTLY x ON y (z)"]), "part of a transaction"),
    (
        AddIndexConcurrently("invoice", models.Index(fields=["note"], name="x")),
        "part of a transaction",
    ),
    (
        migrations.SeparateDatabaseAndState([migrations.RemoveField("invoice", "note")]),
        "the old code still uses it",
    ),
    # And the way around: these are fine.
    (migrations.SeparateDatabaseAndState([], [migrations.RemoveField("invoice", "note")]), ""),
    (migrations.AddField("invoice", "x", models.IntegerField(db_default=1)), ""),
    (migrations.AddField("invoice", "x", models.IntegerField(null=True)), ""),
    (migrations.AlterField("invoice", "note", models.CharField(max_length=99, null=True)), ""),
    (migrations.RunSQL(["SELECT ';'", "DO $$ BEGIN PERFORM 1; END $$;"], []), ""),
    (migrations.RunPython(migrations.RunPython.noop), ""),
]


def problems(operation: Any, new: set[str] | None = None) -> list[str]:
    state = ProjectState()
    state.add_model(
        ModelState(
            "invoices",
            "Invoice",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("note", models.CharField(max_length=9, null=True)),
            ],
        )
    )
    return list(problems_of(operation, state, "invoices", new or set()))


@pytest.mark.parametrize(("operation", "expected"), RULES)
def test_each_rule(operation: Any, expected: str) -> None:
    found = problems(operation)
    assert bool(found) == bool(expected), found
    assert all(expected in problem for problem in found)


def test_a_model_of_the_same_migration_is_nobodys_yet() -> None:
    add = migrations.AddField("invoice", "x", models.IntegerField(default=1))
    assert problems(add, new={"invoice"}) == []


def test_our_migrations_are_looked_at() -> None:
    assert ("payments.0005_inbox", "source") in {
        (name, problem.split()[2]) for name, problem in migration_problems()
    }
