"""Who may be the same person: by number, or by birth date and name."""

from datetime import date

import pytest

from participants.models import Participant
from participants.queries import lookalikes, names
from tests.factories import make_participant


@pytest.mark.parametrize(
    ("one", "other", "is_similar"),
    [
        ("Siti Nur'aini", "SITI NURAINI", True),
        ("Ani Putri, A.Md.", "Putri Ani", True),
        ("Muhammad Rizki", "Muhamad Rizki", True),
        ("José Santos", "Jose Santos", True),
        ("Budi", "Siti", False),
        ("Siti Aminah", "Siti Rahayu", False),
    ],
)
def test_names_are_alike_by_their_letters(one, other, is_similar):
    assert (names.likeness(names.grams(one), names.grams(other)) >= names.SIMILAR) is is_similar


@pytest.mark.django_db
def test_pairs_share_a_number_or_a_day_and_a_name():
    born, other_day = date(2001, 1, 1), date(2002, 2, 2)
    siti = make_participant(full_name="Siti Nur'aini", birth_date=born, phone="+6281200000001")
    again = make_participant(full_name="Siti Nuraini", birth_date=born, phone="")
    phone = make_participant(full_name="Budi", birth_date=other_day, phone="+6281200000001")
    make_participant(full_name="Siti Nuraini", birth_date=other_day, phone="+6281200000002")
    make_participant(full_name="Joko", birth_date=born, phone="+6281200000003")
    make_participant(full_name="Siti Nuraini", birth_date=born, phone="", merged_into=siti)

    found = lookalikes.pairs(Participant.objects.all())

    assert [(pair.first, pair.second, pair.same_phone, pair.same_birth_date) for pair in found] == [
        (siti, again, False, True),
        (siti, phone, True, False),
    ]
    assert {pair.second for pair in lookalikes.beside(siti, Participant.objects.all())} == {again, phone}
