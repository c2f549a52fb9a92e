"""What portals begin with is made once, however many ask for it at a time."""

from concurrent.futures import ThreadPoolExecutor

from tests import seeds

MAKE = """
import os, pathlib, time
state = pathlib.Path(os.environ["PORTAL_STATE_DIR"])
state.mkdir(exist_ok=True)
(state / "key").write_text("made")
with (state.parent / "times").open("a") as times:
    times.write("x")
time.sleep(0.5)
"""


def test_who_comes_while_it_is_made_waits_and_makes_no_other(monkeypatch, tmp_path):
    monkeypatch.setenv("PORTAL_STATE_DIR", str(tmp_path))
    monkeypatch.setattr(seeds, "SET_UP", MAKE)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(seeds.plant, [{"PORTAL_STATE_DIR": str(tmp_path / str(number))} for number in range(4)]))

    assert (tmp_path / "seed-of-portals" / "times").read_text() == "x"
