"""What the database refuses whoever writes: raw SQL, a stale copy, a slip of the hand."""

import uuid
from datetime import date, datetime
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from participants.models import (
    Attendance,
    AttendanceExport,
    AttendanceFact,
    Deed,
    DoubtfulScan,
    Registration,
    Scanner,
)
from participants.operations import deeds, notes
from programs.models import TrainingSession, Venue
from tests.factories import WIB, make_participant, make_region, make_registration, make_session, make_user

pytestmark = pytest.mark.django_db
WRITTEN = datetime(2025, 12, 3, tzinfo=WIB)


def sql(statement, *parameters):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


class TestSeats:
    def test_raw_sql_cannot_oversell(self):
        session = make_session(capacity=1)
        make_registration(session)
        released = make_registration(
            session, place="released", release_reason="cancelled_by_self", released_at=datetime(2025, 12, 3, tzinfo=WIB)
        )

        with pytest.raises(IntegrityError, match="session_never_oversold"):
            sql(
                "UPDATE participants_registration SET place = 'seat', release_reason = '', released_at = NULL"
                " WHERE id = %s",
                released.pk,
            )

    def test_a_stale_copy_cannot_spoil_the_count(self):
        session = make_session(capacity=5)
        stale = TrainingSession.objects.get(pk=session.pk)
        make_registration(session)

        stale.wave = "C"
        stale.save()

        session.refresh_from_db()
        assert (session.wave, session.seats_taken, session.seat_limit) == ("C", 1, 5)

    @pytest.mark.parametrize("column", ["seats_taken", "seat_limit"])
    def test_raw_sql_cannot_set_the_count_or_the_limit(self, column):
        session = make_session(capacity=5)
        make_registration(session)

        sql(f"UPDATE programs_trainingsession SET {column} = 99")

        session.refresh_from_db()
        assert (session.seats_taken, session.seat_limit) == (1, 5)

    def test_deleting_and_moving_rows_are_counted_too(self):
        first, second = make_session(capacity=5), make_session(capacity=5)
        row = make_registration(first)

        Registration.objects.filter(pk=row.pk).update(
            session=second, program=second.program_id, region=second.region_id
        )
        assert [TrainingSession.objects.get(pk=s.pk).seats_taken for s in (first, second)] == [0, 1]
        Registration.objects.all().delete()
        assert TrainingSession.objects.get(pk=second.pk).seats_taken == 0


class TestRegistration:
    @pytest.mark.parametrize(
        ("born", "fits"),
        [
            (date(1, 1, 1), False),
            (date(1996, 12, 31), False),
            (date(1997, 1, 1), True),
            (date(2000, 2, 29), True),
            (date(2012, 12, 31), True),
            (date(2013, 1, 1), False),
            (date(2025, 12, 1), False),
        ],
    )
    def test_birth_date_lies_in_the_window(self, born, fits):
        row = make_registration(make_session())
        statement = "UPDATE participants_registration SET birth_date = %s WHERE id = %s"

        if fits:
            sql(statement, born, row.pk)
        else:
            with pytest.raises(IntegrityError, match="born_within_the_window"):
                sql(statement, born, row.pk)

    def test_only_one_lives_in_an_edition(self):
        row = make_registration(make_session())
        other = make_session(program=row.program)

        with pytest.raises(IntegrityError, match="one_live_registration_per_edition"):
            make_registration(other, participant=row.participant)

    @pytest.mark.parametrize("column", ["region_id", "program_id"])
    def test_no_row_points_across_regions_or_editions(self, column):
        row, other = make_registration(make_session()), make_session()

        with pytest.raises(IntegrityError, match="registration_in_its_sessions_program_and_region"):
            sql(f"UPDATE participants_registration SET {column} = %s WHERE id = %s", getattr(other, column), row.pk)

    def test_a_guardians_no_keeps_no_place(self):
        row = make_registration(make_session())

        with pytest.raises(IntegrityError, match="guardian_no_or_silence_keeps_no_place"):
            sql("UPDATE participants_registration SET guardian = 'refused' WHERE id = %s", row.pk)

    def test_a_queue_number_is_given_once(self):
        session = make_session()
        make_registration(session, place="queued", queue_number=1)

        with pytest.raises(IntegrityError, match="queue_number_given_once"):
            make_registration(session, place="queued", queue_number=1)

    @pytest.mark.parametrize(
        ("fields", "constraint"),
        [
            ({"place": "queued"}, "queued_has_a_number"),
            ({"place": "released"}, "released_has_time_and_reason"),
            ({"release_reason": "cancelled_by_self"}, "released_has_time_and_reason"),
            ({"place": "offered"}, "offered_has_an_end"),
        ],
    )
    def test_facts_that_belong_together_come_together(self, fields, constraint):
        with pytest.raises(IntegrityError, match=constraint):
            make_registration(make_session(), **fields)


def test_a_session_is_held_in_a_venue_of_its_region():
    session, elsewhere = make_session(), make_session()

    with pytest.raises(IntegrityError, match="session_venue_in_its_region"):
        sql(
            "SET CONSTRAINTS ALL IMMEDIATE; UPDATE programs_trainingsession SET venue_id = %s WHERE id = %s",
            elsewhere.venue_id,
            session.pk,
        )


@pytest.mark.parametrize("address", ["SITI@example.com", "siti@ｅxample.com", "Siti@EXAMPLE.COM"])
def test_an_address_is_one_account_whatever_case_and_width(address):
    make_user(email="siti@example.com")

    with pytest.raises(IntegrityError, match="user_address_unique_whatever_case_and_width"):
        make_user(email=address)


def test_a_look_alike_address_is_another_account():
    make_user(email="siti@example.com")

    make_user(email="sıti@example.com")


class TestAttendanceFacts:
    def fact(self, registration, day, mark="present", **fields):
        defaults = {"kind": "correction", "source": "grid", "recorded_at": datetime(2025, 12, 16, 9, tzinfo=WIB)}
        return AttendanceFact.objects.create(
            registration=registration, day=day, session_id=day.session_id, mark=mark, **defaults | fields
        )

    def test_are_never_changed(self):
        registration = make_registration(make_session())
        fact = self.fact(registration, registration.session.days.first())

        with pytest.raises(DatabaseError, match="never changed"):
            sql("UPDATE participants_attendancefact SET mark = 'absent' WHERE id = %s", fact.pk)

    def test_belong_to_a_day_of_the_registrations_session(self):
        registration, other = make_registration(make_session()), make_session()

        with pytest.raises(IntegrityError, match="attendance_of_the_registrations_session"), transaction.atomic():
            self.fact(registration, other.days.first())

    def test_latest_correction_outranks_scans_and_an_undo_withdraws(self):
        registration = make_registration(make_session())
        day = registration.session.days.first()
        early, late = datetime(2025, 12, 16, 8, tzinfo=WIB), datetime(2025, 12, 16, 10, tzinfo=WIB)
        self.fact(registration, day, "late", kind="scan", source="scanner", device_at=late)
        self.fact(registration, day, "present", kind="scan", source="scanner", device_at=early)
        assert Attendance.objects.get().mark == "present"

        self.fact(registration, day, "excused")
        self.fact(registration, day, "left_early")
        assert Attendance.objects.get().mark == "left_early"

        self.fact(registration, day, "")
        assert not Attendance.objects.exists()
        self.fact(registration, day, "late", kind="scan", source="scanner", device_at=early)
        assert Attendance.objects.get().mark == "late"

    @pytest.mark.parametrize("fields", [{"mark": ""}, {"mark": "present", "batch": uuid4()}])
    def test_an_undo_names_what_it_takes_back_and_says_nothing(self, fields):
        registration = make_registration(make_session())

        with pytest.raises(IntegrityError, match="undo_names_a_press_and_no_mark"), transaction.atomic():
            self.fact(registration, registration.session.days.first(), kind="undo", **fields)


def test_a_participant_has_an_e164_phone_or_none():
    with pytest.raises(IntegrityError, match="participant_phone_is_e164"):
        make_participant(phone="0812-3456-7890", region=make_region())


def test_a_venue_name_stands_once_in_a_region():
    session = make_session()

    with pytest.raises(IntegrityError, match="venue_once_per_region"):
        Venue.objects.create(region=session.region, name=session.venue.name, city="Kota")


class TestDeeds:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE participants_deed SET by_id = by_id",
            "UPDATE participants_deed SET changed = '{}'",
            "DELETE FROM participants_deed",
            "SET LOCAL portal.retention = 'on'; UPDATE participants_deed SET changed = '{}'",
        ],
    )
    def test_raw_sql_can_neither_alter_nor_remove_what_staff_did(self, statement):
        registration = make_registration(make_session())
        deeds.note(Deed.What.CANCELLED, about=registration, by=make_user(), now=datetime(2025, 12, 3, tzinfo=WIB))

        with pytest.raises(DatabaseError, match="what staff did is never altered or removed"):
            sql(statement)

        assert Deed.objects.about(registration).count() == 1


@pytest.mark.parametrize("table", ["attendancefact", "attendanceexport", "doubtfulscan", "note", "deed", "erasure"])
def test_no_table_of_what_is_kept_is_emptied(table):
    with pytest.raises(DatabaseError, match="is never emptied"):
        sql(f"SET LOCAL portal.retention = 'on'; TRUNCATE participants_{table} CASCADE")


RETENTION = "SET LOCAL portal.retention = 'on'; "


class TestFactsThatStay:
    @pytest.mark.parametrize("kind", ["scan", "correction"])
    def test_are_not_removed(self, kind):
        registration = make_registration(make_session())
        TestAttendanceFacts().fact(registration, registration.session.days.first(), kind=kind)

        with pytest.raises(DatabaseError, match="never changed"):
            sql("DELETE FROM participants_attendancefact")

    def test_what_staff_said_outlives_retention(self):
        registration = make_registration(make_session())
        TestAttendanceFacts().fact(registration, registration.session.days.first())

        with pytest.raises(DatabaseError, match="never changed"):
            sql(RETENTION + "DELETE FROM participants_attendancefact")

    def test_a_note_stays_as_it_was_written(self):
        note = notes.write(
            registration=make_registration(make_session()), text="Datang siang.", by=make_user(), now=WRITTEN
        )

        for statement in ("UPDATE participants_note SET text = ''", "DELETE FROM participants_note"):
            with pytest.raises(DatabaseError, match="stays as it was written"):
                sql(statement)
        with pytest.raises(DatabaseError, match="stays as it was written"):
            sql(RETENTION + "UPDATE participants_note SET written_by_id = written_by_id")

        sql(RETENTION + "DELETE FROM participants_note WHERE id = %s", note.pk)

    def test_a_doubtful_scan_is_answered_once_and_stays(self):
        session, by = make_session(), make_user()
        scanner = Scanner.objects.create(session=session, gate="1", made_by=by, made_at=WRITTEN, code_until=WRITTEN)
        times = dict.fromkeys(("device_at", "happened_at", "recorded_at"), WRITTEN)
        DoubtfulScan.objects.create(public_id=uuid.uuid4(), session=session, scanner=scanner, reason="again", **times)
        refused = (
            "UPDATE participants_doubtfulscan SET reason = 'ahead'",
            "DELETE FROM participants_doubtfulscan",
        )
        for statement in refused:
            with pytest.raises(DatabaseError, match="answered once"):
                sql(statement)

        sql("UPDATE participants_doubtfulscan SET answer = 'dismissed'")

        with pytest.raises(DatabaseError, match="answered once"):
            sql("UPDATE participants_doubtfulscan SET answer = 'counted'")


class TestExportsThatStay:
    @pytest.fixture(autouse=True)
    def export(self):
        return AttendanceExport.objects.create(
            by=make_user(),
            at=WRITTEN,
            format="csv",
            filter={},
            columns=["name"],
            row_count=3,
            people=3,
            sha256="a" * 64,
            reason="laporan",
        )

    @pytest.mark.parametrize(
        "column", ["by_id = 1", "at = now()", "filter = '{\"a\": 1}'", "reason = ''", "people = 0", "sha256 = ''"]
    )
    def test_what_left_is_never_altered(self, column):
        with pytest.raises(DatabaseError, match="never altered"):
            sql(f"UPDATE participants_attendanceexport SET {column}")

    def test_how_far_it_is_and_one_alarm_may_be_said(self):
        sql("UPDATE participants_attendanceexport SET state = 'gone', rows_done = 3, alarmed_at = now()")

        with pytest.raises(DatabaseError, match="never altered"):
            sql("UPDATE participants_attendanceexport SET alarmed_at = NULL")

    def test_is_removed_by_retention_alone(self):
        with pytest.raises(DatabaseError, match="stays on its list"):
            sql("DELETE FROM participants_attendanceexport")

        sql(RETENTION + "DELETE FROM participants_attendanceexport")
