import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from portal import embedded
from tests import emptying
from tests.faults.fleet import Fleet, flush_broker
from tests.faults.server import Server
from tests.seeds import plant_tables


@pytest.fixture
def fleet(transactional_db, settings, tmp_path: Path) -> Iterator[Callable[..., Fleet]]:
    """Make a fleet; all its processes are killed at the end."""
    fleets = []

    def make(application: str = "portal", **environment: str) -> Fleet:
        fleets.append(Fleet(tmp_path, application))
        fleets[-1].environment |= environment
        return fleets[-1]

    flush_broker()
    yield make
    for made in fleets:
        made.kill_all()
    flush_broker()


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    state = Path(tempfile.mkdtemp(prefix="portal-restarts-", dir="/tmp"))
    plant_tables(state)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORTAL_STATE_DIR", str(state))
        server, leftovers = Server(), [embedded.server_dir(), embedded.socket_dir(), state]
    server.start()
    yield server
    server.stop()
    for folder in leftovers:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(transactional_db, own_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """That server in place of the one of all tests."""
    connection.close()
    options = connection.settings_dict["OPTIONS"] | {"host": own_server.folder, "user": "portal"}
    for name, value in {"NAME": "portal", "HOST": "", "USER": "", "PASSWORD": "", "OPTIONS": options}.items():
        monkeypatch.setitem(connection.settings_dict, name, value)
    call_command("migrate", verbosity=0)
    yield own_server
    emptying.empty()
    connection.close()
