"""Processes that are measured, as Linux shows them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg


def own_memory(pid: int) -> float:
    """Return the MB of memory that this process has asked for; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Anonymous:")) / 1024


def web_processes(port: int) -> list[int]:
    """Return the processes that serve on `port`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_text()
            except OSError:
                continue
            if f"127.0.0.1:{port}" in command and "gunicorn" in command:
                found.append(int(entry.name))
    return found


def backends(connection: psycopg.Connection[Any], name: str) -> list[int]:
    """Return the PostgreSQL processes of the clients that call themselves `name` (PGAPPNAME)."""
    query = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
    return [pid for (pid,) in connection.execute(query, [name])]


def processor_seconds(pids: Iterable[int]) -> float:
    """Return the time that these processes, with all threads they have now, have run."""
    return sum(
        int(file.read_text().split()[0]) / 1e9
        for pid in pids
        for file in Path(f"/proc/{pid}/task").glob("*/schedstat")
    )
