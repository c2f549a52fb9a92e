from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.fleet import Fleet, flush_broker


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
