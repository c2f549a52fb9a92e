"""Rows of the ledger by themselves."""

from participants.models import Notification


def test_a_word_that_only_newer_code_knows_is_told_as_it_stands() -> None:
    row = Notification(kind="of_tomorrow", state="adrift")

    assert (row.get_kind_display(), row.get_state_display(), str(row)) == ("of_tomorrow", "adrift", "of_tomorrow")
    assert Notification(kind="reminder", state="sent").get_kind_display() == "Pengingat"
