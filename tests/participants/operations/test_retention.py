"""What was promised about how long data are kept: the day before nothing, the day after gone, and the numbers stay."""

import threading
import uuid
from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import BytesIO, StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import IntegrityError, InternalError

from participants.exports import attendance as export
from participants.models import (
    AddressChange,
    Attendance,
    AttendanceFact,
    Consent,
    Erasure,
    GuardianRequest,
    LoginCode,
    Notification,
    OpeningAlert,
    Participant,
    Registration,
)
from participants.operations import consents, drafts, erasures, registrations, replays, retention
from portal.accounts.models import User
from programs.models import TrainingSession
from tests.factories import (
    ADULT_BORN,
    DURING_REGISTRATION,
    MINOR_BORN,
    WIB,
    make_coordinator,
    make_participant,
    make_program,
    make_region,
    make_registration,
    make_session,
    make_user,
)
from tests.races import at_once
from tests.rules.world import canaries_in, make_edition, make_place, sing

NOW = DURING_REGISTRATION
REAL = datetime(2026, 6, 1, 12, tzinfo=UTC)
LAST_DAY = datetime(2027, 12, 20, 23, tzinfo=WIB)  # 24 months after the edition's last day
OVER = LAST_DAY + timedelta(days=1)


def keep(now, machine_now=REAL):
    return {name: count for name, count in retention.run(now=now, machine_now=machine_now).items() if count != 0}


def dump():
    """Every value of every column of every table, by table."""
    texts = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
            texts[table] = "\n".join(row[0] for row in cursor.fetchall())
    return texts


def singing():
    return {table for table, text in dump().items() if canaries_in(text)}


def totals():
    """What is counted and exported, without a name."""
    file = BytesIO()
    written = export.write_csv(export.Request(Registration.objects.all(), OVER, "uji", {}), file)
    lines = [line.split(",") for line in file.getvalue().decode().splitlines()]
    return {
        "sessions": list(TrainingSession.objects.order_by("pk").values_list("pk", "seats_taken", "queue_issued")),
        "registrations": sorted(
            Registration.objects.values_list("session", "place", "guardian", "birth_date__year", "participant__region")
        ),
        "marks": list(Attendance.objects.order_by("pk").values_list("registration", "day", "mark")),
        "rows": written.row_count,
        "days present": sorted(line[-2] for line in lines),
        "messages": list(Notification.objects.order_by("pk").values_list("kind", "state")),
    }


@pytest.fixture
def place(db):
    """An edition over 24 months ago at OVER, in which a canary sings in every text that people typed."""
    place = make_place(make_edition())
    Notification.objects.update(state="failed", settled_at=NOW)
    for row in (place["participants.Registration"], place["child"]):
        User.objects.filter(participant=row.participant).update(email=f"kanari-{row.pk}@example.com")
    sing(place)
    # What the code writes and nobody types holds no person.
    Consent.objects.update(text_version="1", text_hash="0" * 64, channel="web")
    Notification.objects.update(reason="550 <kanari@example.com> is unknown", occurrence="1:1")
    for account in User.objects.filter(participant__isnull=False):
        LoginCode.objects.create(
            email=account.email,
            address_key=account.email,
            inbox_key=account.email,
            browser_hash="0",
            asked_at=REAL,
            expires_at=REAL,
            used_at=REAL,
        )
    return place


OF_NO_PARTICIPANT = {  # the canaries of staff, places and staff's own log lines
    "accounts_user",
    "programs_region",
    "programs_trainingsession",
    "programs_venue",
    "programs_coordination",
    "participants_attendanceexport",
    "django_admin_log",
}


class TestPeople:
    def test_the_day_before_nothing_of_them_is_touched(self, place):
        before = list(Participant.objects.order_by("pk").values())

        keep(LAST_DAY)

        assert list(Participant.objects.order_by("pk").values()) == before
        assert not Erasure.objects.exists()

    def test_the_day_after_no_canary_of_theirs_is_left_in_any_column(self, place):
        assert singing() > {trace.model._meta.db_table for trace in erasures.OF_THE_PROOFS}
        before = totals()

        keep(OVER)

        left = singing()
        assert {table for table in left if table.startswith("participants_")} == set()
        assert not User.objects.filter(is_staff=False, email__startswith="kanari").exists()
        assert left <= OF_NO_PARTICIPANT
        assert {entry.content_type.model for entry in LogEntry.objects.filter(object_repr__startswith="kanari")} == {
            *("region", "trainingsession", "venue", "trainingday", "coordination", "user", "attendanceexport"),
            "broadcast",
            *("appeal", "accessibilityrequest", "addresschange"),  # gone before; the log names them by their public id
        }
        assert totals() == before
        assert set(Erasure.objects.values_list("person", "cause")) == {
            (person, "retention") for person in Participant.objects.values_list("public_id", flat=True)
        }

    @pytest.mark.parametrize(
        "skipped",
        [trace.model for trace in erasures.OF_A_PROFILE + erasures.OF_THE_PROOFS if trace.model != Registration],
    )
    def test_a_table_that_is_skipped_is_found_by_its_canary(self, place, monkeypatch, skipped):
        """The control of the test above."""
        table = skipped._meta.db_table
        if table == "participants_draft":
            drafts.Draft.objects.create(
                user=place["participants.Participant"].user, session=place["programs.TrainingSession"],
                typed={"full_name": "kanari"}, saved_at=NOW,
            )  # fmt: skip
        for name in ("OF_A_PROFILE", "OF_THE_PROOFS"):
            kept = tuple(trace for trace in getattr(erasures, name) if trace.model is not skipped)
            monkeypatch.setattr(erasures, name, kept)

        with transaction.atomic():
            erasures.erase([*Participant.objects.values_list("pk", flat=True)], now=OVER)

        staffs = {"participants_attendanceexport", "participants_broadcast"}
        assert {found for found in singing() if found.startswith("participants_")} - staffs == {table}

    def test_a_second_run_changes_nothing(self, place):
        keep(OVER)
        before = dump()

        assert keep(OVER) == {}
        assert dump() == before

    def test_somebody_registered_in_a_later_edition_stays(self, place):
        later = make_program(starts_on=date(2027, 3, 1), ends_on=date(2027, 3, 20))
        session = make_session(program=later, first_day=date(2027, 3, 16))
        person = place["participants.Participant"]
        make_registration(session, participant=person)

        keep(OVER)

        assert not Participant.objects.get(pk=person.pk).is_erased
        assert Participant.objects.get(pk=place["child"].participant_id).is_erased
        keep(datetime(2029, 3, 21, 12, tzinfo=WIB))
        assert Participant.objects.get(pk=person.pk).is_erased

    def test_a_waiting_alert_is_newer(self, place):
        person = place["participants.Participant"]
        OpeningAlert.objects.create(account=person.user, region=person.region, asked_at=OVER - timedelta(days=5))

        keep(OVER)

        assert not Participant.objects.get(pk=person.pk).is_erased

    def test_the_address_is_free_again(self, place):
        person = place["participants.Participant"]
        email = person.user.email
        keep(OVER)

        again = User.objects.create_participant(email=email, now=OVER)

        person.user.refresh_from_db()
        assert (again.pk != person.user_id, person.user.is_active) == (True, False)

    def test_what_was_promised_goes_out_no_more(self, place):
        Notification.objects.update(state="due")

        keep(OVER)

        assert set(Notification.objects.values_list("state", flat=True)) == {"cancelled"}


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_three_runs_erase_everybody_once(self):
        session = make_session()
        for _ in range(7):
            make_registration(session)
        monthly = partial(retention.run, now=OVER, machine_now=REAL)

        results = at_once([monthly] * 3)

        assert sum(result["people"] for result in results) == 7 == Erasure.objects.count()
        assert Participant.objects.filter(full_name=Participant.ERASED).count() == 7
        session.refresh_from_db()
        assert session.seats_taken == 7

    def test_somebody_who_registers_at_this_moment_is_passed_over(self):
        old = make_registration(make_session())
        later = make_program(
            starts_on=date(2027, 12, 28), ends_on=date(2027, 12, 30), registration_opens=OVER - timedelta(days=9)
        )
        session = make_session(program=later, first_day=date(2027, 12, 28))
        counts = []

        def nightly():
            counts.append(retention.run(now=OVER, machine_now=REAL)["people"])
            connection.close()

        with transaction.atomic():
            registrations.enrol(
                user=old.participant.user,
                session=session,
                profile=registrations.Profile("Siti", ADULT_BORN, session.region, "id", "+6281234567890", "school"),
                purposes={"training"},
                form_key=uuid.uuid4(),
                now=OVER,
            )
            thread = threading.Thread(target=nightly)
            thread.start()
            thread.join(timeout=20)

        assert counts == [0]
        assert retention.run(now=OVER, machine_now=REAL)["people"] == 0


@pytest.mark.django_db
class TestRules:
    def test_an_address_that_never_registered_goes_after_seven_days(self):
        idle, waits, writes, person, here = (make_user() for _ in range(5))
        User.objects.filter(pk=here.pk).update(last_login=REAL - timedelta(minutes=59))
        staff = make_coordinator(make_region())
        OpeningAlert.objects.create(account=waits, region=make_region(), asked_at=NOW)
        make_participant(user=person)
        joined = idle.joined_at
        drafts.save(
            user=writes,
            session=make_session(),
            typed={"full_name": "Siti"},
            birth_date=None,
            now=joined + timedelta(days=6),
        )

        assert keep(joined + timedelta(days=7)) == {}
        assert keep(joined + timedelta(days=7, seconds=1)) == {"accounts": 1}
        assert set(User.objects.all()) == {waits, writes, person, staff, here}

    def test_an_address_that_was_changed_stays_with_its_proof_and_holds_up_no_other(self):
        idle, moved = make_user(), make_user(email="baru@example.com")
        joined = idle.joined_at
        AddressChange.objects.create(
            account=moved, changed_by=moved, old_email="lama@example.com", new_email=moved.email, changed_at=joined
        )

        assert keep(joined + timedelta(days=8)) == {"accounts": 1}
        assert set(User.objects.all()) == {moved}
        assert keep(joined + timedelta(days=800)) == {"address changes": 1, "accounts": 1}

    @pytest.mark.parametrize(
        ("answer", "kept", "gone"),
        [
            ("refused", NOW + timedelta(days=7), NOW + timedelta(days=7, seconds=1)),
            ("", NOW + timedelta(days=10), NOW + timedelta(days=10, seconds=1)),
            ("given", datetime(2025, 12, 27, 23, tzinfo=WIB), datetime(2025, 12, 28, 0, 1, tzinfo=WIB)),
        ],
    )
    def test_a_guardians_address_goes_a_week_after_it_is_needed(self, answer, kept, gone):
        registration = make_registration(make_session(), participant=make_participant(birth_date=MINOR_BORN))
        request = GuardianRequest.objects.create(
            registration=registration,
            email="ibu@example.com",
            asked_at=NOW,
            expires_at=NOW + timedelta(days=3),
            answer=answer,
            answered_at=NOW if answer else None,
            signer_name="Wati" if answer else "",
        )

        keep(kept)
        request.refresh_from_db()
        assert request.email == "ibu@example.com"
        keep(gone)
        request.refresh_from_db()
        assert (request.email, request.signer_name) == ("", "Wati" if answer else "")

    def test_scans_lose_device_person_and_hour_and_the_mark_stays(self):
        registration = make_registration(make_session())
        day = registration.session.days.first()
        staff = make_coordinator(registration.region)
        for mark, device, server in [("late", 40, 50), ("present", 5, 60), ("late", 90, 91)]:
            AttendanceFact.objects.create(
                registration=registration,
                day=day,
                session=registration.session,
                kind="scan",
                source="scanner",
                mark=mark,
                recorded_by=staff,
                device_at=day.starts() + timedelta(minutes=device),
                recorded_at=day.starts() + timedelta(minutes=server),
            )

        keep(datetime(2026, 12, 16, 23, tzinfo=WIB))
        assert AttendanceFact.objects.filter(device_at__isnull=False).count() == 3
        keep(datetime(2026, 12, 17, 1, tzinfo=WIB))

        fact = AttendanceFact.objects.get()
        assert (fact.mark, fact.device_at, fact.recorded_by_id) == ("present", None, None)
        assert fact.recorded_at == datetime(2025, 12, 16, tzinfo=WIB)
        assert registration.attendance.get().mark == "present"

    @pytest.mark.parametrize("batch", [1, 2])
    def test_the_mark_stays_however_the_scans_fall_into_batches(self, monkeypatch, batch):
        monkeypatch.setattr(retention, "BATCH", batch)
        self.test_scans_lose_device_person_and_hour_and_the_mark_stays()

    def test_facts_and_changes_stay_final_for_everybody_else(self, place):
        for statement in (
            "UPDATE participants_attendancefact SET device_at = NULL",
            "DELETE FROM participants_addresschange",
        ):
            with pytest.raises((IntegrityError, InternalError)), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        keep(OVER)
        for statement in ("UPDATE participants_erasure SET cause = 'x'", "DELETE FROM participants_erasure"):
            with pytest.raises((IntegrityError, InternalError)), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)

    def test_a_mail_servers_words_go_after_thirty_days(self, place):
        keep(NOW + timedelta(days=30))
        assert set(Notification.objects.values_list("reason", flat=True)) == {"550 <kanari@example.com> is unknown"}

        keep(NOW + timedelta(days=30, seconds=1))

        assert set(Notification.objects.values_list("reason", "state")) == {("550", "failed")}

    def test_expired_sessions_go_and_others_stay(self):
        for key, days in (("lama", -1), ("baru", 1)):
            Session.objects.create(session_key=key, session_data="x", expire_date=REAL + timedelta(days=days))

        assert keep(NOW) == {"sessions": 1}
        assert Session.objects.get().session_key == "baru"

    def test_former_staff_stay_as_a_name(self):
        left, assigned = make_coordinator(), make_coordinator(make_region())

        keep(OVER, OVER)

        left.refresh_from_db()
        assigned.refresh_from_db()
        assert (left.name, left.email, left.is_active) == ("Koordinator", f"{left.pk}@erased.invalid", False)
        assert assigned.is_active

    def test_one_rule_that_fails_does_not_stop_the_others(self, monkeypatch, place):
        def fail(*_args, **_options):
            raise RuntimeError

        monkeypatch.setattr(retention.erasures, "erase", fail)
        make_user()

        counts = retention.run(now=OVER, machine_now=REAL)

        assert (counts["people"], counts["accounts"]) == (None, 1)

    def test_a_dry_run_says_what_would_be_done_and_does_nothing(self, place):
        before = dump()
        planned = retention.planned(now=OVER, machine_now=REAL)

        assert planned["people"] == 2
        assert dump() == before

    @pytest.mark.parametrize(
        ("day", "months", "expected"),
        [
            (date(2027, 12, 21), 24, date(2025, 12, 21)),
            (date(2028, 2, 29), 12, date(2027, 2, 28)),
            (date(2028, 1, 31), 2, date(2027, 11, 30)),
        ],
    )
    def test_counts_months_as_the_calendar_does(self, day, months, expected):
        assert retention.months_before(day, months) == expected


@pytest.mark.django_db
class TestReplay:
    def test_a_restored_copy_forgets_again(self, place):
        keep(OVER)
        ledger = list(replays.lines())
        Participant.objects.update(full_name="Kanari kembali", birth_date=ADULT_BORN)  # what a restore brings back

        assert replays.replay(ledger, now=OVER) == 2
        assert replays.replay(ledger, now=OVER) == 0
        assert {person.is_erased for person in Participant.objects.all()} == {True}

    def test_leaves_alone_who_has_agreed_anew_since(self, place):
        staff = make_participant(user=make_coordinator())
        erasures.erase([staff.pk], now=OVER)
        ledger = list(replays.lines())
        Participant.objects.filter(pk=staff.pk).update(full_name="Budi")
        again = OVER + timedelta(days=1)
        consents.give(participant=staff, purposes=[Consent.Purpose.TRAINING], language="id", now=again)

        assert replays.replay(ledger, now=again) == 0
        assert Participant.objects.get(pk=staff.pk).full_name == "Budi"

    def test_nothing_is_changed_by_a_line_that_is_none(self, place):
        good = f"{place['participants.Participant'].public_id} retention {OVER.isoformat()}"

        with pytest.raises(ValueError, match="badly formed"):
            replays.replay([good, "siapa retention 2027-12-21"], now=OVER)

        assert not Participant.objects.get(pk=place["participants.Participant"].pk).is_erased

    def test_the_command_writes_and_replays(self, place, tmp_path):
        file = tmp_path / "erasures"
        keep(OVER)
        out = StringIO()

        call_command("replay_erasures", file, write=True)
        call_command("replay_erasures", file, stdout=out)

        assert len(file.read_text().splitlines()) == 2
        assert out.getvalue() == "0 erased again\n"
