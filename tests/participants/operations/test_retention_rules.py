"""Each promise by itself: kept to its last moment, and then not a second longer."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.utils import IntegrityError, InternalError

from participants.models import AddressChange, AttendanceFact, Broadcast, GuardianRequest, Notification, OpeningAlert
from participants.operations import drafts, notifications, retention, retention_rules
from portal.accounts.models import User
from tests.factories import (
    MINOR_BORN,
    WIB,
    make_broadcast,
    make_coordinator,
    make_participant,
    make_region,
    make_registration,
    make_session,
    make_user,
)
from tests.participants.operations.keeping import NOW, OVER, REAL, keep, place

__all__ = ["place"]


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

    def test_scans_at_leaving_lose_device_person_and_hour_too(self):
        registration = make_registration(make_session())
        day = registration.session.days.first()
        for minutes in (300, 310):
            AttendanceFact.objects.create(
                registration=registration,
                day=day,
                session=registration.session,
                kind="leaving",
                source="scanner",
                mark="left_early",
                device_at=day.starts() + timedelta(minutes=minutes),
                recorded_at=day.starts() + timedelta(minutes=minutes),
            )

        keep(datetime(2026, 12, 17, 1, tzinfo=WIB))

        assert AttendanceFact.objects.get().device_at is None
        assert registration.attendance.get().mark == "left_early"

    @pytest.mark.parametrize("batch", [1, 2])
    def test_the_mark_stays_however_the_scans_fall_into_batches(self, monkeypatch, batch):
        monkeypatch.setattr(retention, "BATCH", batch)
        self.test_scans_lose_device_person_and_hour_and_the_mark_stays()

    @pytest.mark.parametrize("is_undone", [False, True])
    def test_the_mark_stays_of_whom_something_was_withdrawn_between_scans(self, is_undone):
        registration, batch = make_registration(make_session()), uuid4()
        day = registration.session.days.first()
        facts = [("scan", "present", 8), ("correction", "", 0), ("scan", "late", 9), ("scan", "present", 10)]
        for kind, mark, hours in facts + [("undo", "", 0)] * is_undone:
            AttendanceFact.objects.create(
                registration=registration,
                day=day,
                session=registration.session,
                kind=kind,
                source="scanner" if kind == "scan" else "grid",
                mark=mark,
                batch=None if kind == "scan" else batch,
                recorded_at=day.starts() + timedelta(hours=hours),
            )
        before = registration.attendance.get().mark

        keep(datetime(2026, 12, 17, 1, tzinfo=WIB))

        assert registration.attendance.get().mark == before == ("present" if is_undone else "late")
        assert AttendanceFact.objects.filter(kind="scan").count() == (1 if is_undone else 2)

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

    def test_words_of_staff_go_after_thirty_days_and_the_fact_stays(self):
        session = make_session(first_day=date(2026, 3, 1))
        wrote = make_broadcast(session, starts_at=NOW, people=2, written_by=make_coordinator())
        waits = make_broadcast(session, starts_at=NOW, written_by=wrote.written_by)
        promise = {"useful_until": session.ends, "due_at": NOW, "now": NOW}
        readers = [make_registration(session)]
        for broadcast in (wrote, waits):
            notifications.promise_to_many("broadcast", readers, occurrence=broadcast.occurrence, **promise)
        Notification.objects.filter(occurrence=wrote.occurrence).update(state="sent", settled_at=NOW)

        keep(NOW + timedelta(days=30))
        assert not Broadcast.objects.filter(body_id="").exists()
        keep(NOW + timedelta(days=30, seconds=1))

        kept, still = Broadcast.objects.order_by("pk").values()
        assert {kept[name] for name in ("subject_id", "body_id", "subject_en", "body_en")} == {""}
        assert (kept["people"], kept["written_by_id"], kept["audience"]) == (2, wrote.written_by_id, "all")
        assert Notification.objects.get(occurrence=wrote.occurrence).state == "sent"
        assert still["body_id"] == waits.body_id  # somebody has not got it

        Notification.objects.update(state="missed")
        assert keep(NOW + timedelta(days=31))["broadcast words"] == 1
        assert keep(NOW + timedelta(days=31)) == {}

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

    @pytest.mark.parametrize(
        ("day", "months", "expected"),
        [
            (date(2027, 12, 21), 24, date(2025, 12, 21)),
            (date(2028, 2, 29), 12, date(2027, 2, 28)),
            (date(2028, 1, 31), 2, date(2027, 11, 30)),
        ],
    )
    def test_counts_months_as_the_calendar_does(self, day, months, expected):
        assert retention_rules.months_before(day, months) == expected
