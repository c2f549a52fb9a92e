"""What the portals of one test run begin with: made once, in the run's own folder, and copied for each."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from portal import embedded

SET_UP = """
import subprocess, sys
from portal import embedded, processes
with embedded.running():
    command = [sys.executable, "manage.py", "set_up", processes.EDITION]
    subprocess.run(command, env=processes.local_environment(), stdout=subprocess.DEVNULL, check=True)
"""


def static_of_portals() -> str:
    """Where the first portal collects static files for all."""
    return str(_run() / "static-of-portals")


def plant_static(state: Path) -> None:
    """Lay collected static files into the state folder `state`, where a portal has collected them by now."""
    collected, mark = Path(static_of_portals()), Path(f"{static_of_portals()}.made-of")
    if not mark.exists():
        return
    with mark.open() as whole:
        fcntl.flock(whole, fcntl.LOCK_EX)  # whoever collects them holds it to the end, and only then writes into it
        if whole.read():
            _copy(collected, state / "static")
            shutil.copy(mark, state / "static.made-of")


def keep_tables() -> None:
    """Lay by the run's own database cluster, of which nobody makes use at this moment: every table, hardly a row.

    Where it lives elsewhere than in the run's folder, portals are not planted and begin with nothing.
    """
    if embedded.server_dir().parent == embedded.state_dir():
        shutil.rmtree(_tables(), ignore_errors=True)
        _copy(embedded.server_dir(), _tables())


def plant(environment: dict[str, str]) -> None:
    """Begin a portal of `environment` from what the first one was set up with: data, key and accounts."""
    seed = _run() / "seed-of-portals"
    state = seed / "state"
    seed.mkdir(parents=True, exist_ok=True)
    with (seed / "made").open("a+") as made:
        fcntl.flock(made, fcntl.LOCK_EX)
        if not os.fstat(made.fileno()).st_size:  # by now: who waited here had opened it when it was empty
            shutil.rmtree(state, ignore_errors=True)
            if _tables().exists():
                state.mkdir()
                _copy(_tables(), state / "servers")
            own = environment | {"PORTAL_STATE_DIR": str(state)}
            subprocess.run([sys.executable, "-c", SET_UP], env=own, cwd=embedded.ROOT, check=True)
            made.write("whole")
    if (state / "servers/postgres/PG_VERSION").exists():
        _copy(state, Path(environment["PORTAL_STATE_DIR"]))


def plant_tables(state: Path) -> None:
    """Begin a cluster in the state folder `state` with every table, where there are any to be had."""
    if _tables().exists():
        _copy(_tables(), state / "servers")


def _run() -> Path:
    return Path(os.environ["PORTAL_STATE_DIR"])


def _tables() -> Path:
    return _run() / "tables-of-portals"


def _copy(folder: Path, target: Path) -> None:
    copied = subprocess.run(["cp", "-a", f"{folder}/.", target], stderr=subprocess.PIPE, text=True, check=False)
    assert copied.returncode == 0, copied.stderr
