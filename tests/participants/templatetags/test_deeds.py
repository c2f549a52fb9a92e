"""What staff did, in words and not as it is kept."""

import pytest

from participants.models import Deed
from participants.templatetags.deeds import changes


@pytest.mark.parametrize(
    ("table", "changed", "said"),
    [
        ("programs.trainingsession", {"people": [120, 0]}, ("orang terdaftar", ["120", "0"])),
        (
            "participants.registrationimport",
            {"state": ["mapping", "checking"]},
            ("keadaan", ["Menunggu kolom dicocokkan", "Sedang diperiksa"]),
        ),
        ("participants.doorrule", {"is_self_open": [False, True]}, ("peserta boleh absen mandiri", ["tidak", "ya"])),
        ("participants.registrationimport", {"state": ["", "gone"]}, ("keadaan", ["—", "gone"])),
        ("participants.registration", {"place": ["offered", "seat"]}, ("status kursi", ["Kursi ditawarkan", "Kursi"])),
    ],
)
def test_changes_name_fields_and_choices_as_staff_know_them(table, changed, said):
    assert list(changes(Deed(table=table, changed=changed))) == [said]
