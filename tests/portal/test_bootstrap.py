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

BOOTSTRAP = Path(bootstrap.__file__)
EMPTY_LOCK = "# nothing to install\n"


@pytest.fixture
def checkout(tmp_path):
    """A folder with the bootstrap and two locks that ask for nothing."""
    (tmp_path / "portal").mkdir()
    shutil.copy(BOOTSTRAP, tmp_path / "portal" / "bootstrap.py")
    for lock in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / lock).write_text(EMPTY_LOCK)
    return tmp_path


def run(checkout, lock="requirements.txt", **environment):
    return subprocess.run(
        [sys.executable, checkout / "portal" / "bootstrap.py", lock],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_makes_the_environment_once(checkout):
    first, second = run(checkout), run(checkout)

    assert (first.returncode, second.returncode) == (0, 0)
    assert "Installing" in first.stdout
    assert second.stdout == ""


def test_makes_a_half_made_environment_again(checkout):
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").touch()

    assert run(checkout).returncode == 0
    assert (checkout / ".venv" / "complete").exists()


def test_makes_it_again_for_another_lock(checkout):
    run(checkout)
    (checkout / "requirements.txt").write_text("# something else\n")

    assert "Installing" in run(checkout).stdout


def test_the_development_environment_serves_a_run_as_well(checkout):
    run(checkout, "requirements-dev.txt")

    assert run(checkout, "requirements.txt").stdout == ""


def test_what_tests_need_is_added_to_what_a_run_has(checkout):
    run(checkout)
    (checkout / ".venv" / "in-use").touch()

    assert "requirements-dev.txt" in run(checkout, "requirements-dev.txt").stdout

    assert (checkout / ".venv" / "in-use").exists()
    assert run(checkout).stdout == ""


@pytest.mark.parametrize("question", ["requirements.txt", "--stopped"])
def test_nothing_is_changed_under_a_running_portal(checkout, question):
    (checkout / ".portal").mkdir()
    with (checkout / ".portal" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = run(checkout, question)

    assert result.returncode != 0
    assert result.stderr == "The portal runs from this folder. Stop it first (Ctrl-C there), then ask again.\n"
    assert not (checkout / ".venv").exists()


def test_says_what_could_not_be_installed(checkout):
    (checkout / "requirements.txt").write_text(f"no-such-package-of-ours==1.0 --hash=sha256:{'0' * 64}\n")

    result = run(checkout, PIP_NO_INDEX="1")

    assert result.returncode != 0
    assert len(result.stderr.strip().splitlines()) == 1
    assert "no-such-package-of-ours" in result.stderr
    assert not (checkout / ".venv" / "complete").exists()


def test_compiles_nothing(checkout):
    built, source = checkout / "built", checkout / "ours-1.0.tar.gz"
    files = {
        "PKG-INFO": "Metadata-Version: 2.1\nName: ours\nVersion: 1.0\n",
        "pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
        "backend.py": f"open({str(built)!r}, 'w').close()\n",
    }
    with tarfile.open(source, "w:gz") as archive:
        for name, text in files.items():
            (checkout / name).write_text(text)
            archive.add(checkout / name, f"ours-1.0/{name}")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    (checkout / "requirements.txt").write_text(f"ours==1.0 --hash=sha256:{digest}\n")

    result = run(checkout, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(checkout))

    assert result.returncode != 0
    assert not built.exists()
    assert "No matching distribution found for ours==1.0" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_says_which_folder_cannot_be_written(checkout):
    result = run(checkout, PORTAL_VENV="/proc/portal-venv")

    assert result.returncode != 0
    assert len(result.stderr.strip().splitlines()) == 1
    assert "/proc/portal-venv" in result.stderr
