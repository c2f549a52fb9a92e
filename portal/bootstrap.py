"""Make `.venv` and fill it from a lock, on a machine with nothing but Python: standard library only, any Python.

`python3 portal/bootstrap.py requirements.txt` does nothing when the environment is complete for that lock, and makes it
again when a run was interrupted. What tests need besides is added to what a run has, so that a running portal goes on;
nothing else is changed under one. What stands in the way is said in one line.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.environ.get("PORTAL_VENV") or os.path.join(ROOT, ".venv")
COMPLETE = os.path.join(VENV, "complete")
PYTHON = os.path.join(VENV, "bin", "python")
STATE = os.environ.get("PORTAL_STATE_DIR") or os.path.join(ROOT, ".portal")
RUN, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"


def main(lock):
    if sys.version_info < (3, 11):
        sys.exit("Python %d.%d is too old: the portal needs 3.11 or newer." % sys.version_info[:2])
    wanted = digest(lock)
    if is_complete(wanted):
        return
    if not (lock == DEVELOPMENT and is_complete(digest(RUN))):
        refuse_while_running()
        make_anew(lock)
    print("Installing the dependencies of %s into %s ..." % (lock, VENV), flush=True)
    # Wheels alone, so no compiler is needed. Bytecode is written by whoever first imports a module; many never are.
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
    command += ["--no-compile"]
    install = run([*command, "--require-hashes", "--only-binary", ":all:", "-r", os.path.join(ROOT, lock)])
    if install.returncode:
        errors = [line for line in install.stdout.splitlines() if line.strip()]
        sys.exit("Installing %s failed: %s" % (lock, errors[-1].strip() if errors else "pip said nothing"))
    with open(COMPLETE, "w") as marker:
        marker.write(wanted)


def make_anew(lock):
    """An empty environment in the place of whatever stands there."""
    try:
        if not os.path.islink(VENV):
            shutil.rmtree(VENV, ignore_errors=True)
            os.makedirs(VENV)
    except OSError as error:
        sys.exit("%s cannot be written: %s." % (VENV, error.strerror))
    # Never by the environment that was just removed: whoever activated it calls this with its own Python.
    make = run([getattr(sys, "_base_executable", sys.executable), "-m", "venv", VENV])
    if make.returncode or not os.path.exists(PYTHON):
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit("This Python cannot make a virtual environment (on Debian: apt install python3-venv).")


def refuse_while_running():
    """A portal that runs from this folder would lose its code or its data under its feet."""
    try:
        with open(os.path.join(STATE, "lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return
    except OSError:
        sys.exit("The portal runs from this folder. Stop it first (Ctrl-C there), then ask again.")


def digest(lock):
    """What the environment was made from: this Python and every byte of the lock."""
    with open(os.path.join(ROOT, lock), "rb") as content:
        return hashlib.sha256(content.read() + sys.version.encode()).hexdigest() + " " + lock


def is_complete(wanted):
    """Whether the environment was finished for this lock; one for the development lock serves a run as well."""
    try:
        with open(COMPLETE) as marker:
            found = marker.read().strip()
    except OSError:
        return False
    return os.path.exists(PYTHON) and found in {wanted, digest(DEVELOPMENT)}


def run(command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


if __name__ == "__main__":
    try:
        refuse_while_running() if sys.argv[1] == "--stopped" else main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit("Interrupted; the next run goes on from here.")
