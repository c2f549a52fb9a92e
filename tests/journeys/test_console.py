"""The console by which journeys give a running portal management commands."""

import pytest

pytestmark = pytest.mark.xdist_group("journey")
FAILS = "import sys; print('said'); sys.stderr.write('complained'); sys.exit(3)"
ALONE = "import os, random; print(os.getpid(), random.random())"


def test_a_command_says_and_fails_as_a_process_of_its_own_does(portal):
    assert portal.console.run("shell", "--verbosity", "0", "-c", FAILS) == (3, "said\n", "complained")
    with pytest.raises(AssertionError, match="division by zero"):
        portal.manage("shell", "--verbosity", "0", "-c", "1 / 0")
    with pytest.raises(AssertionError, match="Unknown command: 'tidak_ada'"):
        portal.manage("tidak_ada")


def test_commands_share_neither_process_nor_chance(portal):
    first, second = (portal.manage("shell", "--verbosity", "0", "-c", ALONE).split() for _number in range(2))
    assert first[0] != second[0]
    assert first[1] != second[1]
