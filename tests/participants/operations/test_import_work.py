"""A list of people is checked as a whole and written where clean; what stops it loses nothing and hides nothing."""

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection

from participants.import_forms import read_row
from participants.models import Consent, Deed, Participant, Registration
from participants.operations import import_work, imports, invitations, registrations, retention, walk_ins
from programs.models import TrainingSession
from tests.factories import kinds, make_participant, make_program, make_registration, make_session
from tests.people_lists import NOW, checked, known_twin, row, worked, written
from tests.staff import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def session():
    return make_session(capacity=3)


@pytest.fixture
def by(session):
    return make_staff("coordinator", session.region)


def only_ani(error):
    """`walk_ins.add` that meets `error` with whoever is not Ani."""
    add = walk_ins.add

    def adds(*, email, **options):
        if email != "ani@example.com":
            raise error
        return add(email=email, **options)

    return adds


def test_a_worker_that_died_goes_on_where_it_was(session, by, monkeypatch):
    batch = checked(session, by, row("Ani"), row("Budi"))
    imports.write(batch=batch, choices={}, is_partial=False, by=by, now=NOW)
    with monkeypatch.context() as patch:
        patch.setattr(walk_ins, "add", only_ani(SystemExit()))
        with pytest.raises(SystemExit):
            worked()
    batch.refresh_from_db()
    assert (batch.state, len(batch.made)) == ("writing", 1)

    assert worked()
    batch.refresh_from_db()
    assert (batch.state, len(batch.made), batch.refused) == ("done", 2, {})
    assert Registration.objects.count() == 2
    assert not worked()


@pytest.mark.parametrize("loses", ["access", "region"])
def test_what_somebody_brought_ends_with_their_right(session, by, loses):
    batch = checked(session, by, row("Ani Putri"))
    imports.write(batch=batch, choices={}, is_partial=False, by=by, now=NOW)
    if loses == "access":
        invitations.withdraw(account=by, by=make_staff("accounts"), now=NOW)
    else:
        by.coordinations.all().delete()

    assert worked()
    batch.refresh_from_db()
    assert (batch.state, batch.rows, batch.found) == ("failed", [], {})
    assert not Registration.objects.exists()


def test_a_row_may_mean_somebody_who_is_known_under_another_address(session, by):
    known = make_participant(full_name="Siti Nur'aini", region=session.region)
    make_registration(make_session(program=make_program(slug="x"), region=session.region, slug="x"), participant=known)
    stranger = make_participant(full_name="Siti Nuraini")  # in no region of theirs
    batch = checked(session, by, row("Siti Nuraini", email="baru@example.com"))
    assert [other["pk"] for other in batch.found["0"]["alike"]] == [known.pk]
    written(batch, choices={"0": known.pk})
    assert Registration.objects.get(session=session).participant == known
    assert not stranger.registrations.exists()


def test_a_minor_without_the_guardians_yes_is_offered_to_nobody(session, by):
    child = make_participant(full_name="Siti Nuraini", region=session.region)
    make_registration(session, participant=child, guardian="asked")
    batch = checked(session, by, row("Siti Nuraini", email="baru@example.com"))
    assert batch.found["0"]["alike"] == []


def test_all_errors_of_all_rows_are_found_at_once_and_nothing_is_written(session, by):
    there = make_registration(session)
    batch = checked(
        session,
        by,
        row("Ani", phone="12", born="05/17/2004"),
        row("Budi", agrees="", email="budi"),
        row("Cici", work="astronot"),
        row("Dedi", born="1990-01-01"),
        row("Eka", born="2009-06-01"),
        row("Fani", email="dua@example.com"),
        row("Gita", email="DUA@example.com"),
        row("Siti", email=there.participant.user.email, born=str(there.birth_date)),
        row("Hadi", email=by.email),
    )
    errors = [" ".join(words["id"] for words in found["errors"]) for found in batch.found.values()]
    for number, words in enumerate(
        ["Nomor ponsel", "Alamat email", "Kegiatan", "luar rentang", "wali", "lebih dari satu", "lebih dari satu"]
    ):
        assert words in errors[number]
    assert "Tanggal lahir" in errors[0]
    assert "Tanpa persetujuan" in errors[1]
    assert "person_registered_already" in errors[7]
    assert "address_of_another" in errors[8]
    with pytest.raises(imports.RowsWithErrors):
        imports.write(batch=batch, choices={}, is_partial=False, by=by, now=NOW)
    assert Registration.objects.get() == there


@pytest.mark.parametrize("is_american", [True, False])
def test_a_list_with_a_month_in_front_is_not_read_half_one_way_and_half_the_other(session, by, is_american):
    other = "05/17/2004" if is_american else "17/05/2004"
    batch = checked(
        session,
        by,
        row("Ani", born="06/05/2004"),
        row("Budi", born=other),
        row("Cici", born="5 Juni 2004"),
        row("Dedi", born="05/05/2004"),
    )

    errors = [" ".join(words["id"] for words in found["errors"]) for found in batch.found.values()]
    if not is_american:
        assert errors == [""] * 4
        written(batch)
        born = {person.full_name: str(person.birth_date) for person in Participant.objects.all()}
        assert (born["Ani"], born["Budi"]) == ("2004-05-06", "2004-05-17")
        return
    assert "dua cara" in errors[0]
    assert "misalnya 17/05/2004" in errors[1]
    assert errors[2:] == ["", ""]


@pytest.mark.parametrize(
    ("others", "is_doubtful"),
    [
        (["17/05/2004", "7/8/2004"], True),
        (["17/05/2004", "2004-05-18"], False),
        (["7/8/2004", "2004-08-09"], False),
    ],
)
def test_dates_that_an_american_spreadsheet_may_have_turned_round_are_refused(session, by, others, is_doubtful):
    rows = [row(name, born=born) for name, born in zip(["Budi", "Cici"], others, strict=True)]
    batch = checked(session, by, row("Ani", born="2004-05-06"), *rows, row("Dedi", born="2004-05-05"))

    errors = [" ".join(words["id"] for words in found["errors"]) for found in batch.found.values()]

    assert ["tertukar" in text for text in errors] == [is_doubtful, False, False, False]
    assert errors[1:] == ["", "", ""]


def test_of_a_row_that_the_form_refuses_the_rest_is_asked_as_well(session, by):
    there = make_registration(session)
    batch = checked(
        session,
        by,
        row("Ani", phone="12", email="dua@example.com"),
        row("Budi", email="DUA@example.com"),
        row("Cici", phone="12", email=by.email),
        row("Dedi", phone="12", born="1990-01-01"),
        row("Eka", phone="12", born="2009-06-01"),
        row("Siti", phone="12", email=there.participant.user.email, born=str(there.birth_date)),
        row("Hadi", born="kapan", email="sama"),
        row("Ida", email="sama"),
    )

    errors = [" ".join(words["id"] for words in found["errors"]) for found in batch.found.values()]
    for number in (0, 2, 3, 4, 5):
        assert "Nomor ponsel" in errors[number]
    asked = ["lebih dari satu", "lebih dari satu", "address_of_another", "luar rentang", "wali"]
    asked += ["person_registered_already", "lebih dari satu", "lebih dari satu"]
    for number, words in enumerate(asked):
        assert words in errors[number]
    assert "Tanggal lahir" in errors[6]


def test_a_session_that_takes_nobody_is_told_once_and_not_in_every_row(session, by):
    batch = checked(session, by, row("Ani"), row("Budi", phone="12"))
    TrainingSession.objects.filter(pk=session.pk).update(status="cancelled")
    again = checked(session, by, row("Ani"))

    assert (again.found["0"]["errors"], len(batch.found["1"]["errors"])) == ([], 1)
    with pytest.raises(walk_ins.NotRunning):
        imports.write(batch=again, choices={}, is_partial=True, by=by, now=NOW)


def test_partial_writes_the_clean_and_never_more_than_there_are_seats(session, by):
    people = [row(f"Orang{chr(65 + n)} X") for n in range(5)]
    batch = written(checked(session, by, row("Salah", phone="1"), *people), is_partial=True)
    assert len(batch.made) == 3
    assert set(batch.refused) == {"4", "5"}
    assert "no_seat_left" in batch.refused["4"]["id"]
    session.refresh_from_db()
    assert session.seats_taken == 3


def test_clean_rows_get_seats_with_the_consent_that_their_row_states(session, by):
    batch = checked(session, by, row("Ani Putri"), row("Budi", guardian=("Sari", "ibu"), born="2009-06-01"))
    assert [found["errors"] for found in batch.found.values()] == [[], []]
    assert not Registration.objects.exists()

    written(batch)

    assert batch.state == "done"
    assert (batch.rows, batch.found, batch.choices) == ([], {}, {})
    rows = list(Registration.objects.order_by("pk"))
    assert [(r.participant.full_name, r.participant.phone, r.place, r.guardian) for r in rows] == [
        ("Ani Putri", "+6281234567890", "seat", "not_needed"),
        ("Budi", "+6281234567890", "seat", "given"),
    ]
    assert batch.made == [r.pk for r in rows]
    assert set(Consent.objects.values_list("purpose", "giver", "channel")) == {
        ("training", "self", "paper"),
        ("training", "guardian", "paper"),
    }
    assert Deed.objects.filter(what="imported").count() == 2
    assert kinds(rows[0]) == ["registered"]


def test_the_same_file_again_changes_nothing(session, by):
    first = written(checked(session, by, row("Ani"), row("Budi")))
    before = list(Registration.objects.values()), list(Participant.objects.values())
    again = written(checked(session, by, row("Budi"), row("Ani")))
    assert (again.made, again.refused) == ([], {})
    assert (list(Registration.objects.values()), list(Participant.objects.values())) == before
    registrations.cancel(registration=Registration.objects.get(pk=first.made[0]), now=NOW)
    assert written(checked(session, by, row("Ani"))).made == []  # who left is not brought back
    assert Registration.objects.live().count() == 1


def test_a_lookalike_who_is_gone_when_rows_are_written_refuses_that_row_alone(session, by):
    known = known_twin(session)
    batch = checked(session, by, row("Siti Nuraini", email="baru@example.com"), row("Ani"))
    Participant.objects.filter(pk=known.pk).update(merged_into=make_participant(region=session.region))

    written(batch, choices={"0": known.pk})

    assert (batch.state, len(batch.made)) == ("done", 1)
    assert set(batch.refused) == {"0"}
    assert "lookalike_gone" in batch.refused["0"]["id"]


def test_a_worker_whose_time_is_over_leaves_the_rest_to_the_next(session, by, monkeypatch):
    """The soft limit of the task falls anywhere; it ends the task, not the list."""
    batch = checked(session, by, row("Ani"), row("Budi"))
    imports.write(batch=batch, choices={}, is_partial=False, by=by, now=NOW)
    with monkeypatch.context() as patch:
        patch.setattr(walk_ins, "add", only_ani(SoftTimeLimitExceeded()))
        with pytest.raises(SoftTimeLimitExceeded):
            worked()
    batch.refresh_from_db()
    assert (batch.state, len(batch.rows), len(batch.made)) == ("writing", 2, 1)

    assert worked()
    batch.refresh_from_db()
    assert (batch.state, len(batch.made)) == ("done", 2)


@pytest.mark.django_db(transaction=True)
def test_a_session_that_stays_locked_leaves_the_rest_to_the_next_tick(session, by):
    batch = checked(session, by, row("Ani"), row("Budi"))
    imports.write(batch=batch, choices={}, is_partial=False, by=by, now=NOW)
    holder = connection.copy()
    try:
        with holder.cursor() as cursor, connection.cursor() as ours:
            ours.execute("SET lock_timeout = '100ms'")
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM programs_trainingsession WHERE id = %s FOR UPDATE", [session.pk])
            assert not worked()
    finally:
        holder.close()
        connection.close()
    batch.refresh_from_db()
    assert (batch.state, len(batch.rows), batch.made) == ("writing", 2, [])

    assert worked()
    batch.refresh_from_db()
    assert (batch.state, len(batch.made), batch.refused) == ("done", 2, {})


def test_a_row_that_is_not_clean_any_more_is_refused_in_words(session, by):
    batch = checked(session, by, row("Ani"), row("Budi"))
    imports.write(batch=batch, choices={}, is_partial=False, by=by, now=NOW)

    def strict(cells, there):
        return (
            import_work.Said(errors=["Ini salah.", "Itu juga."])
            if cells["full_name"] == "Ani"
            else read_row(cells, there)
        )

    worked(read=strict)
    batch.refresh_from_db()
    assert (len(batch.made), batch.refused) == (1, {"0": {"id": "Ini salah. Itu juga.", "en": "Ini salah. Itu juga."}})


def test_a_row_whose_session_or_person_is_gone_is_refused_alone(session, by, monkeypatch):
    batch = checked(session, by, row("Ani"), row("Budi"))
    monkeypatch.setattr(walk_ins, "add", only_ani(TrainingSession.DoesNotExist()))
    written(batch)
    assert (batch.state, len(batch.made), set(batch.refused)) == ("done", 1, {"1"})
    assert "row_out_of_date" in batch.refused["1"]["id"]


def test_rows_that_were_forgotten_while_they_waited_are_not_called_written(session, by):
    batch = checked(session, by, row("Ani"))
    imports.write(batch=batch, choices={}, is_partial=False, by=by, now=NOW)
    retention.run(now=NOW + imports.KEPT, machine_now=NOW)
    assert worked()
    batch.refresh_from_db()
    assert (batch.state, batch.made) == ("failed", [])


def test_of_two_rows_that_mean_one_person_the_second_is_refused(session, by):
    known = known_twin(session)
    twice = [row("Siti Nuraini", email="baru@example.com"), row("Siti Nuraini", email="lain@example.com")]
    batch = checked(session, by, *twice, row("Ani"))

    written(batch, choices={"0": known.pk, "1": known.pk})

    assert len(batch.made) == 2
    assert set(batch.refused) == {"1"}
    assert "same_person_twice" in batch.refused["1"]["id"]
    assert known.registrations.filter(session=session).count() == 1
