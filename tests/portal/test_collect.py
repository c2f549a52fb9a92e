"""Static files are collected once, and anew when what they are made of changes."""

import os

import pytest
from django.core.management import call_command


@pytest.fixture
def collected(settings, tmp_path):
    settings.STATICFILES_DIRS = [tmp_path / "own"]
    settings.STATIC_ROOT = tmp_path / "root"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.css").write_text("a {}")

    def collect():
        call_command("collect")
        return settings.STATIC_ROOT

    return collect


def test_files_that_have_not_changed_are_left_as_they_are(collected):
    (collected() / "left").write_text("")

    assert (collected() / "left").exists()


@pytest.mark.parametrize("change", ["another", "changed", "touched", "lost"])
def test_they_are_collected_anew_after_a_change(collected, change, tmp_path):
    root, source = collected(), tmp_path / "own" / "a.css"
    (root / "left").write_text("")
    match change:
        case "another":
            (tmp_path / "own" / "b.css").write_text("b {}")
        case "changed":
            source.write_text("a { top: 0 }")
        case "touched":
            os.utime(source, ns=(1, 1))
        case "lost":
            (tmp_path / "root.made-of").unlink()

    collected()

    assert not (root / "left").exists()
    assert (root / "a.css").read_text() == source.read_text()


def test_scripts_are_collected_in_the_small_form_that_pages_load(collected):
    found = {path.name for path in (collected() / "admin/js/vendor").rglob("*.js")}

    assert {"jquery.min.js", "xregexp.min.js", "select2.full.min.js"} <= found
    assert not {"jquery.js", "xregexp.js", "select2.full.js"} & found


def test_what_failed_half_way_is_made_anew(collected, monkeypatch):
    monkeypatch.setattr(
        "django.contrib.staticfiles.management.commands.collectstatic.Command.handle", lambda *_, **__: 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        collected()
    monkeypatch.undo()

    assert (collected() / "a.css").exists()
