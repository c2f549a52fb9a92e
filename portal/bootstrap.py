"""Make `.venv` and fill it from a lock, on a machine with nothing but Python: standard library only, any Python.

`python3 portal/bootstrap.py requirements.txt` does nothing when the environment is complete for that lock, and makes it
again when a run was interrupted. What stands in the way is said in one line.
"""

import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.environ.get("PORTAL_VENV") or os.path.join(ROOT, ".venv")
COMPLETE = os.path.join(VENV, "complete")
PYTHON = os.path.join(VENV, "bin", "python")


def main(lock):
    if sys.version_info < (3, 11):
        sys.exit("Python %d.%d is too old: the portal needs 3.11 or newer." % sys.version_info[:2])
    wanted = digest(lock)
    if is_complete(wanted):
        return
    print("Installing the dependencies of %s into %s ..." % (lock, VENV), flush=True)
    try:
        if not os.path.islink(VENV):
            shutil.rmtree(VENV, ignore_errors=True)
            os.makedirs(VENV)
    except OSError as error:
        sys.exit("%s cannot be written: %s." % (VENV, error.strerror))
    make = run([sys.executable, "-m", "venv", VENV])
    if make.returncode or not os.path.exists(PYTHON):
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit("This Python cannot make a virtual environment (on Debian: apt install python3-venv).")
    # Wheels alone: nothing is compiled, so no compiler is needed.
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
    install = run([*command, "--require-hashes", "--only-binary", ":all:", "-r", os.path.join(ROOT, lock)])
    if install.returncode:
        errors = [line for line in install.stdout.splitlines() if line.strip()]
        sys.exit("Installing %s failed: %s" % (lock, errors[-1].strip() if errors else "pip said nothing"))
    with open(COMPLETE, "w") as marker:
        marker.write(wanted)


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
    development = "requirements-dev.txt"
    return os.path.exists(PYTHON) and found in {wanted, digest(development)}


def run(command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


if __name__ == "__main__":
    main(sys.argv[1])
