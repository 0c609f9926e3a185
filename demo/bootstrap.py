"""Make the virtual environment. Uses the standard library only: it runs before anything is there.

`python3 demo/bootstrap.py REQUIREMENTS` prints the environment's Python on standard output and
its progress on standard error. Nothing is done again while the requirements are the same.
"""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)


def place() -> Path:
    """Return where environment and data go: the repository, if PostgreSQL can reach it.

    PostgreSQL refuses to run as root, so root's server runs as a user of its own, who can't
    enter a directory such as /root.
    """
    if os.name != "posix" or os.geteuid() != 0:
        return ROOT
    if all(parent.stat().st_mode & 0o001 for parent in [ROOT, *ROOT.parents]):
        return ROOT
    digest = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]
    return Path(f"/var/tmp/tillhouse-{digest}")  # noqa: S108 - ours by its name, root's by its mode


def say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def all_requirements(name: str) -> bytes:
    """Return the contents of a requirements file and of those it includes."""
    text = (ROOT / name).read_bytes()
    included = [line[3:].strip().decode() for line in text.splitlines() if line.startswith(b"-r ")]
    return text + b"".join(all_requirements(other) for other in included)


def ensure(requirements: str) -> Path:
    """Return the Python of an environment that has what `requirements` lists."""
    environment = place() / ".venv"
    python = environment / "bin" / "python"
    digest = hashlib.sha256(all_requirements(requirements) + sys.version.encode()).hexdigest()
    stamp = environment / f".{requirements}.sha256"
    if python.exists() and stamp.exists() and stamp.read_text() == digest:
        return python
    started = time.monotonic()
    if not python.exists():
        say("Creating the virtual environment ...")
        environment.parent.mkdir(parents=True, exist_ok=True)
        run([sys.executable, "-m", "venv", str(environment)], VENV_HINT)
    say(f"Installing what {requirements} lists ...")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "-r", str(ROOT / requirements)], "pip could not install the requirements.")
    stamp.write_text(digest)
    say(f"Installed in {time.monotonic() - started:.0f} s")
    return python


VENV_HINT = (
    "This Python can't create a virtual environment. On Debian and Ubuntu, install its venv "
    "package: apt install python3-venv"
)


def run(command: list[str], hint: str) -> None:
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        sys.exit(hint)


def main() -> None:
    if sys.version_info < OLDEST:
        sys.exit(f"Tillhouse needs Python 3.11 or newer; {sys.executable} is {sys.version}.")
    print(ensure(sys.argv[1]))


if __name__ == "__main__":
    main()
