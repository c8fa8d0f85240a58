"""Cloudflare's program, of one version and with a known checksum, for machines that have none.

    >>> executable(print)
    PosixPath('/home/you/.cache/vram-lab/cloudflared-2026.9.1/cloudflared')

What arrives is run only if its SHA-256 is the one below, and is checked again before every start. To take another
version, replace the version and every line of `BUILDS` by what its release states.
"""

import hashlib
import platform
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from core.config import config
from core.errors import TunnelFailed
from core.units import gb

VERSION = "2026.9.1"
RELEASE = f"https://github.com/cloudflare/cloudflared/releases/download/{VERSION}"
SILENCE_S = 30.0
CHUNK = 1 << 20
BY_HAND = (
    "Install cloudflared by hand (developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/"
    "downloads) and start this again: one on the PATH is taken."
)


@dataclass(frozen=True)
class Build:
    """A file of the release: its name, its size in bytes, its SHA-256, and that of the program within it."""

    file: str
    size: int
    sha256: str
    program_sha256: str


_LINUX_X86 = "03f1f25d1cc93b9ad6c60569d44060bc4f17ed97075760ed8cfca4b12dcd68cc"
_LINUX_ARM = "3d97437c71848bd8df68041e12436b484a661d95073ea1937f01a845ce88faa3"
BUILDS = {
    ("Linux", "x86_64"): Build("cloudflared-linux-amd64", 39_838_488, _LINUX_X86, _LINUX_X86),
    ("Linux", "aarch64"): Build("cloudflared-linux-arm64", 37_466_252, _LINUX_ARM, _LINUX_ARM),
    ("Darwin", "x86_64"): Build(
        "cloudflared-darwin-amd64.tgz",
        21_118_723,
        "ff0d3b51d5ff70eceef89d6b32145fee985018a2174596a5dbe405e2766e2ac4",
        "1ea07ae775b03236bd6be18ca1848d6bdc4af2f4f3bce398823b5a36e5761b75",
    ),
    ("Darwin", "arm64"): Build(
        "cloudflared-darwin-arm64.tgz",
        19_217_478,
        "c27ab8fd0aa489449e3d201eb02f957ef460a13b613662928b1b23394bf1bcfe",
        "9a0b19f67dc7a3011bc6b972c7ce06a5fcea8784ac6bd599ffa382ea4aeb5a6e",
    ),
}


def executable(say: Callable[[str], None]) -> Path:
    """The program of the pinned version, fetched where it is not here yet or was changed.

    Args:
        say: is told in a line before something is fetched.

    Raises:
        TunnelFailed: there is none for this machine, it cannot be fetched, or it is not what it should be.
    """
    system, machine = platform.system(), platform.machine()
    build = BUILDS.get((system, machine))
    if build is None:
        raise TunnelFailed(f"No cloudflared is known for {system} on {machine}.", BY_HAND)
    program = config().cache_dir / f"cloudflared-{VERSION}" / "cloudflared"
    if not (program.is_file() and _sha256(program) == build.program_sha256):
        say(f"Fetching cloudflared {VERSION} ({gb(build.size)}) …")
        _fetch(build, program)
    return program


def _fetch(build: Build, program: Path) -> None:
    address = f"{RELEASE}/{build.file}"
    part = program.with_name(f"{build.file}.part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        _receive(address, part, build.size)
        _compare(part, build.sha256, address)
        if build.file.endswith(".tgz"):
            part = _unpacked(part)
            _compare(part, build.program_sha256, address)
        part.chmod(0o755)
        part.replace(program)
    except (URLError, OSError, tarfile.TarError, KeyError) as error:
        raise TunnelFailed(f"cloudflared could not be fetched from {address}: {error}.", BY_HAND) from error
    finally:
        for left in program.parent.glob("*.part"):
            left.unlink()


def _receive(address: str, part: Path, size: int) -> None:
    """At most one byte more than expected, so that a wrong file is found out and fills no disk."""
    with urlopen(Request(address, headers={"User-Agent": "vram-lab"}), timeout=SILENCE_S) as answer:
        left = size + 1
        with part.open("wb") as file:
            while left and (chunk := answer.read(min(CHUNK, left))):
                left -= file.write(chunk)


def _unpacked(archive: Path) -> Path:
    part = archive.with_name("cloudflared.part")
    with tarfile.open(archive) as opened:
        member = opened.extractfile("cloudflared")
        if member is None:
            raise KeyError("the archive holds no program")
        with part.open("wb") as file:
            shutil.copyfileobj(member, file)
    return part


def _compare(path: Path, expected: str, address: str) -> None:
    if (found := _sha256(path)) != expected:
        raise TunnelFailed(
            f"What {address} gave is not cloudflared {VERSION}: its SHA-256 is {found}, not {expected}. "
            "It was deleted and not run.",
            BY_HAND,
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
