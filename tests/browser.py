"""``python -m tests.browser``: find a Chromium, or get one, and print where it is.

The journeys are never skipped for want of a browser: where none can be had, this fails.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The sandbox needs privileges that a container's root lacks; the rest keeps it off the network.
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
]  # fmt: skip


def installed() -> str | None:
    """Return the path of the Chromium that CHROMIUM names or that is on the PATH."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for path in map(shutil.which, NAMES) if path), None)


def from_debian() -> str | None:
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print("  Installing Debian's Chromium ...", file=sys.stderr)
    install = ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]
    for command in (["apt-get", "update"], install):
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    return installed()


def from_playwright() -> str | None:
    """Let Playwright download its own build, into its usual cache."""
    from playwright.sync_api import Error, sync_playwright

    print("  Asking Playwright for its Chromium ...", file=sys.stderr)
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        return None
    try:
        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    except Error:
        return None
    return path if os.path.exists(path) else None


def main() -> int:
    path = installed() or from_debian() or from_playwright()
    if not path:
        print(
            "The browser journeys need Chromium and none could be installed. Install it (for "
            "example: apt-get install chromium) or set CHROMIUM to its path.",
            file=sys.stderr,
        )
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
