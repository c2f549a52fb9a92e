"""Lighthouse's scores of the pages that a young person meets, and for each score under 100 what it lost it by.

    .venv/bin/python -m benchmarks.lighthouse

Lighthouse 12 from npm, installed into a folder that is removed afterwards, with its mobile preset (a slow phone on slow
4G), against a portal of its own. Search engines are asked about the pages that they may index. Exits with 1 when a score
is under the goal. Needs Node 20 and the npm registry.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.running import CHROMIUM, CHROMIUM_OPTIONS, running_portal
from tests.shots import Shot, shots_of

LIGHTHOUSE = "lighthouse@12.8.2"
GOAL = 100
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
INDEXED = ("home", "session-open")
PAGES = (*INDEXED, "door", "register", "my-page-confirmed")


def install(folder: Path) -> Path:
    """Put Lighthouse into `folder`; return its program."""
    quiet = ("--no-fund", "--no-audit", "--silent", "--prefix", str(folder))
    subprocess.run(["npm", "install", *quiet, LIGHTHOUSE], check=True)
    return folder / "node_modules" / ".bin" / "lighthouse"


def report(program: Path, base: str, shot: Shot) -> dict[str, Any]:
    """What Lighthouse says of one page, as the person whom the shot names."""
    command = [
        str(program),
        base + shot.path,
        *("--quiet", "--output=json", "--output-path=stdout", f"--only-categories={','.join(asked(shot))}"),
        f"--chrome-flags=--headless=new {' '.join(CHROMIUM_OPTIONS)}",
    ]
    if shot.session:
        command.append("--extra-headers=" + json.dumps({"Cookie": f"session={shot.session}"}))
    environment = os.environ | {"CHROME_PATH": CHROMIUM or ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=180)
    found = json.loads(done.stdout)
    if not found["finalDisplayedUrl"].endswith(shot.path):
        raise RuntimeError(f"{shot.name}: led to {found['finalDisplayedUrl']}")  # not let in
    return found


def asked(shot: Shot) -> tuple[str, ...]:
    return CATEGORIES if shot.name in INDEXED else CATEGORIES[:-1]


def lost(found: dict[str, Any], category: str) -> list[str]:
    """The audits that cost the category points, each with what Lighthouse read."""
    weights = {ref["id"]: ref["weight"] for ref in found["categories"][category]["auditRefs"]}
    audits = [found["audits"][name] for name, weight in weights.items() if weight]
    failed = [audit for audit in audits if audit["score"] is not None and audit["score"] < 1]
    return [f"{audit['id']} ({audit.get('displayValue') or audit['title']})" for audit in failed]


def main() -> int:
    misses = []
    with tempfile.TemporaryDirectory(prefix="lighthouse-") as folder, running_portal() as portal:
        program = install(Path(folder))
        shots = {shot.name: shot for shot in shots_of(portal)}
        print(f"{'':<20}" + "".join(f"{category:>16}" for category in CATEGORIES))
        print(f"{'goal':<20}" + f"{GOAL:>16}" * len(CATEGORIES))
        for name in PAGES:
            found = report(program, portal.url, shots[name])
            scores = {category: round(found["categories"][category]["score"] * 100) for category in asked(shots[name])}
            print(f"{name:<20}" + "".join(f"{scores.get(category, '–'):>16}" for category in CATEGORIES), flush=True)
            misses += [
                f"{name}: {category} {score}: {', '.join(lost(found, category))}"
                for category, score in scores.items()
                if score < GOAL
            ]
    print("\n" + ("\n".join(["missed:", *misses]) if misses else "every goal is reached"))
    return bool(misses)


if __name__ == "__main__":
    sys.exit(main())
