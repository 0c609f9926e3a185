"""The file that holds one business: a tar of compressed parts behind a manifest.

The manifest comes first and names every part with the SHA-256 of its content. The file appears
under its name only when it is whole. It holds customers' data: only its owner may read it.
"""

import fcntl
import gzip
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from tenants.lifecycle.errors import LifecycleError

FORMAT = 1
#: How the names of directories begin in which a file is being made.
UNFINISHED = ".tillhouse-export-"
MANIFEST = "manifest.json"
BLOCK = 1024 * 1024
LARGEST_MANIFEST = 16 * 1024 * 1024

Manifest = dict[str, Any]

#: What every manifest says, and as what.
SAID: dict[str, type] = {
    "created_at": str,
    "platform": str,
    "schema_name": str,
    "former_names": list,
    "tenant": dict,
    "domains": list,
    "migrations": list,
    "tables": list,
    "sequences": dict,
    "secrets": str,
    "salt": str,
    "parts": dict,
}


class ArchiveError(LifecycleError):
    """The file can't be written or read, or is not what was written."""

    code = "bad_archive"
    status = 400


class Part:
    """Content on its way into the file; counts and hashes what passes through."""

    def __init__(self, path: Path) -> None:
        self._out = gzip.open(path, "wb", compresslevel=5)  # noqa: SIM115 - closed by `add`
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes | memoryview) -> None:
        self._out.write(data)
        self._hash.update(data)
        self.size += len(data)

    def close(self) -> None:
        self._out.close()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class ArchiveWriter:
    """Writes a file under a temporary name; without `finish` nothing is left of it.

    What a killed one has left goes with the next to the same directory. Raises ArchiveError, with
    the system's reason, when the file can't be written.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.parts: dict[str, str] = {}

    def __enter__(self) -> "ArchiveWriter":
        try:
            if not self.target.parent.is_dir():
                raise ArchiveError(f"There is no directory {self.target.parent}.")
            if self.target.exists():
                raise ArchiveError(f"{self.target} exists already. Give another name.")
            _remove_left_over(self.target.parent)
            self._place = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self.target.parent))
            self._claim = _claim(self._place)
        except OSError as error:
            raise self._unwritable(error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self._place, ignore_errors=True)
        os.close(self._claim)
        if isinstance(error, OSError):
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> ArchiveError:
        return ArchiveError(f"{self.target} can't be written: {error.strerror or error}.")

    @contextmanager
    def add(self, name: str) -> Iterator[Part]:
        """Write the part `name` to what this yields."""
        part = Part(self._place / f"{len(self.parts)}.gz")
        try:
            yield part
        finally:
            part.close()
        self.parts[name] = part.sha256

    def finish(self, manifest: Manifest, sealed: bytes | None = None) -> None:
        """Put the parts together and give the file its name; nothing is overwritten."""
        whole = self._place / "whole.tar"
        with tarfile.open(whole, "w") as tar:
            _add_bytes(tar, MANIFEST, dump_manifest(manifest))
            if sealed is not None:
                _add_bytes(tar, "secrets", sealed)
            for number, name in enumerate(self.parts):
                tar.add(self._place / f"{number}.gz", arcname=f"{name}.gz", filter=_anonymous)
        whole.chmod(0o600)
        _flush(whole)
        try:
            os.link(whole, self.target)
        except FileExistsError:
            raise ArchiveError(f"{self.target} exists already. Give another name.") from None
        _flush(self.target.parent)


def _claim(place: Path) -> int:
    """Lock a directory until what this returns is closed, or the process ends however it may.

    Raises OSError while another process has it.
    """
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _remove_left_over(directory: Path) -> None:
    """Remove what killed exports have left in `directory`: it holds customers' data."""
    for place in directory.glob(f"{UNFINISHED}*"):
        with suppress(OSError):
            claim = _claim(place)
            shutil.rmtree(place, ignore_errors=True)
            os.close(claim)


def dump_manifest(manifest: Manifest) -> bytes:
    return json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False).encode()


def _add_bytes(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    import io

    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _flush(path: Path) -> None:
    """Have the disk keep what was written, before anything relies on it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class ArchiveReader:
    """Reads a file that `ArchiveWriter` has made; nothing of it is unpacked to disk."""

    def __init__(self, path: Path) -> None:
        try:
            self._tar = tarfile.open(path, "r:")  # noqa: SIM115 - closed by __exit__
            self._members = {member.name: member for member in self._tar.getmembers()}
            first = self._tar.getmember(MANIFEST)
            if first.size > LARGEST_MANIFEST:
                raise ArchiveError(f"{path}: its manifest is too large.")
            self.raw_manifest = self._bytes(MANIFEST)
            self.manifest: Manifest = json.loads(self.raw_manifest)
        except FileNotFoundError:
            raise ArchiveError(f"There is no file {path}.") from None
        except (OSError, tarfile.TarError, KeyError, ValueError) as error:
            raise ArchiveError(f"{path} is not an export of a business.") from error
        self._check_format(path)

    def __enter__(self) -> "ArchiveReader":
        return self

    def __exit__(self, *error: object) -> None:
        self._tar.close()

    def _check_format(self, path: Path) -> None:
        found = self.manifest.get("format") if isinstance(self.manifest, dict) else None
        if not isinstance(found, int):
            raise ArchiveError(f"{path} is not an export of a business.")
        if found > FORMAT:
            raise ArchiveError(
                f"{path} has format {found}, this version reads up to {FORMAT}: upgrade first."
            )
        for name, kind in SAID.items():
            if not isinstance(self.manifest.get(name), kind):
                raise ArchiveError(f"{path}: its manifest does not say what “{name}” is.")

    @property
    def sealed(self) -> bytes | None:
        """The encrypted secrets, if the file has any."""
        return self._bytes("secrets") if "secrets" in self._members else None

    def _bytes(self, name: str) -> bytes:
        content = self._tar.extractfile(self._members[name])
        if content is None:
            raise KeyError(name)
        return content.read()

    @contextmanager
    def part(self, name: str) -> Iterator[IO[bytes]]:
        """Open the content of a part."""
        raw = self._tar.extractfile(self._members[f"{name}.gz"])
        with gzip.open(raw, "rb") as content:  # type: ignore[arg-type]
            yield content  # type: ignore[misc]

    def json(self, name: str) -> Any:
        with self.part(name) as content:
            return json.loads(content.read())

    def verify(self) -> None:
        """Read everything; raise ArchiveError unless it is what was written, and nothing else."""
        parts: dict[str, str] = self.manifest["parts"]
        if odd := [name for name, member in self._members.items() if not member.isreg()]:
            raise ArchiveError(f"The file has been tampered with: {min(odd)} is not a file.")
        known = {MANIFEST, "secrets", *(f"{name}.gz" for name in parts)}
        if missing := known - {"secrets"} - set(self._members):
            raise ArchiveError(f"The file is incomplete: {min(missing)} is missing.")
        if extra := set(self._members) - known:
            raise ArchiveError(f"The file has been tampered with: it holds {min(extra)}.")
        for name, expected in parts.items():
            if self._sha256(name) != expected:
                raise ArchiveError(f"The file is damaged or tampered with: {name} has changed.")

    def _sha256(self, name: str) -> str:
        digest = hashlib.sha256()
        try:
            with self.part(name) as content:
                while block := content.read(BLOCK):
                    digest.update(block)
        except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
            raise ArchiveError(f"The file is damaged: {name} can't be read.") from error
        return digest.hexdigest()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
