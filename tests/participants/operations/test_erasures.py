"""People are forgotten 24 months after their last edition: not a day before, then in every column; the numbers stay."""

from datetime import date, datetime, timedelta
from io import BytesIO

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction

from participants.exports import attendance as export
from participants.models import Attendance, Erasure, Notification, OpeningAlert, OptOut, Participant, Registration
from participants.operations import drafts, erasures
from participants.queries.person_days import Selection
from portal.accounts.models import User
from programs.models import TrainingSession
from tests.factories import WIB, make_program, make_registration, make_session, make_user
from tests.participants.operations.keeping import LAST_DAY, NOW, OVER, dump, keep, place, singing

__all__ = ["place"]


def totals():
    """What is counted and exported, without a name."""
    file = BytesIO()
    written = export.write_csv(export.Request(Selection(Registration.objects.all(), OVER), "uji", {}), file)
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


OF_NO_PARTICIPANT = {  # the canaries of staff, places and staff's own log lines
    "participants_exportschedule",
    "participants_savedfilter",
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
        assert {table for table in left if table.startswith("participants_")} == {
            *("participants_exportschedule", "participants_savedfilter")
        }
        assert not User.objects.filter(is_staff=False, email__startswith="kanari").exists()
        assert left <= OF_NO_PARTICIPANT
        assert {entry.content_type.model for entry in LogEntry.objects.filter(object_repr__startswith="kanari")} == {
            *("region", "trainingsession", "venue", "trainingday", "coordination", "user", "attendanceexport"),
            *("broadcast", "scanner", "doubtfulscan", "savedfilter"),
            "exportschedule",
            "deed",
            *("accountrequest", "approval", "invitation", "merge", "registrationimport"),
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

        staffs = {
            "participants_attendanceexport",
            "participants_broadcast",
            "participants_exportschedule",
            "participants_deed",
            "participants_approval",
            "participants_accountrequest",
            "participants_invitation",
            "participants_savedfilter",
            "participants_scanner",
        }
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

    def test_what_was_turned_off_is_forgotten_with_the_account(self, place):
        person, rule = place["participants.Participant"], place["programs.ReminderRule"]
        OptOut.objects.create(account=person.user, topic="reminder", rule=rule, chosen_at=NOW)
        stays = OptOut.objects.create(account=make_user(), topic="broadcast", chosen_at=OVER)

        with transaction.atomic():
            erasures.erase([person.pk], now=NOW)

        assert list(OptOut.objects.all()) == [stays]

    def test_the_address_is_free_again(self, place):
        person = place["participants.Participant"]
        email = person.user.email
        keep(OVER)

        again = User.objects.create_participant(email=email, now=OVER)

        person.user.refresh_from_db()
        assert (again.pk != person.user_id, person.user.is_active) == (True, False)

    def test_what_was_promised_goes_out_no_more(self, place):
        Notification.objects.update(state="due", settled_at=None)

        keep(OVER)

        assert set(Notification.objects.values_list("state", flat=True)) == {"cancelled"}
