"""Seeds of histories that nobody thought of. HISTORIES=10 in the environment looks at ten times as many."""

import os


def seeds(count: int) -> range:
    return range(count * int(os.environ.get("HISTORIES", "1")))
