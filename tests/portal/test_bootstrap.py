"""What stands in the way of installing is said in one line, and a half-made environment is made again."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from portal import bootstrap

pytestmark = pytest.mark.xdist_group("bootstrap")  # what `made` takes seconds to make is made once
BOOTSTRAP = Path(bootstrap.__file__)
EMPTY_LOCK = "# nothing to install\n"


def fill(folder):
    """The bootstrap and two locks that ask for nothing."""
    (folder / "portal").mkdir()
    shutil.copy(BOOTSTRAP, folder / "portal" / "bootstrap.py")
    for lock in ("requirements.txt", "requirements-dev.txt"):
        (folder / lock).write_text(EMPTY_LOCK)
    return folder


@pytest.fixture
def checkout(tmp_path):
    return fill(tmp_path)


@pytest.fixture(scope="module")
def first_run(tmp_path_factory):
    """A checkout in which a run has made the environment, and what that run said."""
    folder = fill(tmp_path_factory.mktemp("made"))
    return folder, run(folder)


@pytest.fixture
def made(first_run, tmp_path):
    """A copy of that checkout, for a test to change."""
    return shutil.copytree(first_run[0], tmp_path / "checkout", symlinks=True)


def run(checkout, lock="requirements.txt", python=sys.executable, **environment):
    return subprocess.run(
        [python, checkout / "portal" / "bootstrap.py", lock],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_makes_the_environment_once(first_run):
    checkout, first = first_run
    second = run(checkout)

    assert (first.returncode, second.returncode) == (0, 0)
    assert "Installing" in first.stdout
    assert second.stdout == ""


@pytest.fixture(scope="module")
def refused(first_run, tmp_path_factory):
    """A checkout whose new lock asks for what is not to be had, and what its own Python said, as who activated it.

    To make an environment takes seconds: what concerns a new lock, who asks and what cannot be installed share one.
    """
    folder = shutil.copytree(first_run[0], tmp_path_factory.mktemp("refused") / "checkout", symlinks=True)
    (folder / ".venv" / "of-before").touch()
    (folder / "requirements.txt").write_text(f"no-such-package-of-ours==1.0 --hash=sha256:{'0' * 64}\n")
    return folder, run(folder, python=folder / ".venv" / "bin" / "python", PIP_NO_INDEX="1")


def test_makes_it_again_for_another_lock(refused):
    checkout, result = refused

    assert "Installing" in result.stdout
    assert not (checkout / ".venv" / "of-before").exists()


def test_makes_it_again_for_whoever_activated_it(refused):
    checkout, result = refused
    asked = subprocess.run([checkout / ".venv" / "bin" / "python", "-m", "pip", "--version"], check=False)

    assert "no-such-package-of-ours" in result.stderr  # so far it came: the environment was there to install into
    assert asked.returncode == 0


def test_says_what_could_not_be_installed(refused):
    checkout, result = refused

    assert result.returncode != 0
    assert len(result.stderr.strip().splitlines()) == 1
    assert "no-such-package-of-ours" in result.stderr
    assert not (checkout / ".venv" / "complete").exists()


def test_makes_a_half_made_environment_again(refused, tmp_path):
    """By its own Python, too, and then it is whole."""
    checkout = shutil.copytree(refused[0], tmp_path / "checkout", symlinks=True)
    (checkout / "requirements.txt").write_text("# something else\n")
    (checkout / ".venv" / "of-before").touch()

    result = run(checkout, python=checkout / ".venv" / "bin" / "python")

    assert (result.returncode, result.stderr) == (0, "")
    assert not (checkout / ".venv" / "of-before").exists()
    assert (checkout / ".venv" / "complete").exists()
    assert run(checkout).stdout == ""


def test_the_development_environment_serves_a_run_as_well(made):
    run(made, "requirements-dev.txt")

    assert "requirements-dev.txt" in (made / ".venv" / "complete").read_text()
    assert run(made, "requirements.txt").stdout == ""


def test_what_tests_need_is_added_to_what_a_run_has(made):
    (made / ".venv" / "in-use").touch()

    assert "requirements-dev.txt" in run(made, "requirements-dev.txt").stdout

    assert (made / ".venv" / "in-use").exists()
    assert run(made).stdout == ""


@pytest.mark.parametrize("question", ["requirements.txt", "--stopped"])
def test_nothing_is_changed_under_a_running_portal(checkout, question):
    (checkout / ".portal").mkdir()
    with (checkout / ".portal" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = run(checkout, question)

    assert result.returncode != 0
    assert result.stderr == "The portal runs from this folder. Stop it first (Ctrl-C there), then ask again.\n"
    assert not (checkout / ".venv").exists()


def test_compiles_nothing(made):
    built, source = made / "built", made / "ours-1.0.tar.gz"
    files = {
        "PKG-INFO": "Metadata-Version: 2.1\nName: ours\nVersion: 1.0\n",
        "pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
        "backend.py": f"open({str(built)!r}, 'w').close()\n",
    }
    with tarfile.open(source, "w:gz") as archive:
        for name, text in files.items():
            (made / name).write_text(text)
            archive.add(made / name, f"ours-1.0/{name}")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    (made / "requirements-dev.txt").write_text(f"ours==1.0 --hash=sha256:{digest}\n")

    result = run(made, "requirements-dev.txt", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(made))

    assert result.returncode != 0
    assert not built.exists()
    assert "No matching distribution found for ours==1.0" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_says_which_folder_cannot_be_written(checkout):
    result = run(checkout, PORTAL_VENV="/proc/portal-venv")

    assert result.returncode != 0
    assert len(result.stderr.strip().splitlines()) == 1
    assert "/proc/portal-venv" in result.stderr
