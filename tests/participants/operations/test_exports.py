"""Exports as they are asked for: who may have them, a second person's yes, and by schedule."""

from datetime import datetime, time, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from participants.messages.mails import mail
from participants.models import AttendanceExport, ExportSchedule, Notification
from participants.operations import export_files, exports
from participants.queries.person_days import Filter
from portal import roles
from tests.factories import WIB, make_registration, make_session
from tests.participants.operations.exporting import NOW, asked, big, fetched, no_broker, session, staff, state
from tests.races import at_once, meeting

__all__ = ["big", "no_broker", "session"]

pytestmark = pytest.mark.django_db


class TestSecondYes:
    @pytest.fixture
    def waiting(self, session, big):
        return asked(staff(name="Pertama"), personal=frozenset({"phone"}), reason="Kiriman sertifikat")

    def test_personal_columns_of_many_wait_for_it(self, waiting):
        assert not export_files.build_next(now=NOW)
        assert state(waiting) == "asked"

    @pytest.mark.parametrize("told", [Filter(gender="female"), Filter(gender=""), Filter(ages="18-20")])
    def test_a_filter_that_tells_of_many_waits_for_it(self, session, monkeypatch, told):
        monkeypatch.setattr(exports, "MANY", -1)
        assert asked(staff(), filter=told, reason="uji").state == "asked"
        with pytest.raises(exports.NotYours):
            asked(staff(roles.COORDINATOR), filter=told)

    def test_the_plain_file_of_many_needs_none(self, session, big):
        assert asked(staff()).state == "queued"

    def test_personal_columns_of_few_need_none(self, session):
        assert asked(staff(), personal=frozenset({"phone"}), reason="uji").state == "queued"

    def test_many_small_files_are_one_large_one(self, session, monkeypatch):
        monkeypatch.setattr(exports, "MANY", 5)
        by = staff()
        first = asked(by, personal=frozenset({"phone"}))
        export_files.give_out(export=first, now=NOW).close()

        assert asked(by, personal=frozenset({"phone"})).state == "asked"
        assert asked(by).state == "queued"

    def test_a_day_later_it_is_too_late_for_it(self, waiting):
        with pytest.raises(exports.NotAsked):
            exports.judge(export=waiting, agrees=True, by=staff(), now=NOW + timedelta(hours=24))

    def test_is_not_ones_own(self, waiting):
        with pytest.raises(exports.SamePerson):
            exports.judge(export=waiting, agrees=True, by=waiting.by, now=NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            AttendanceExport.objects.update(judged_by=waiting.by)

    @pytest.mark.parametrize("role", [roles.COORDINATOR, roles.ACCOUNTS])
    def test_is_of_somebody_who_may_export_the_same(self, waiting, role):
        with pytest.raises(exports.NotYours):
            exports.judge(export=waiting, agrees=True, by=staff(role), now=NOW)

    def test_lets_it_be_built_once(self, waiting):
        second = staff(name="Kedua")
        exports.judge(export=waiting, agrees=True, by=second, now=NOW)
        with pytest.raises(exports.NotAsked):
            exports.judge(export=waiting, agrees=True, by=second, now=NOW)

        assert [export_files.build_next(now=NOW), export_files.build_next(now=NOW)] == [True, False]
        assert AttendanceExport.objects.get().judged_by == second

    def test_no_ends_it(self, waiting):
        exports.judge(export=waiting, agrees=False, by=staff(name="Kedua"), now=NOW)
        assert not export_files.build_next(now=NOW)
        assert state(waiting) == "declined"

    def test_columns_of_another_role_are_not_even_asked_for(self, session):
        with pytest.raises(exports.NotYours):
            asked(staff(), personal=frozenset({"email"}), reason="uji")
        assert not AttendanceExport.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    """Four files of three people in the same instant, where five are too many for one alone."""

    def asked_at_once(self, monkeypatch):
        monkeypatch.setattr(exports, "MANY", 5)
        by = staff()
        files = at_once([partial(asked, by, personal=frozenset({"phone"}))] * 4)
        return sorted(file.state for file in files)

    def test_are_one_after_another(self, session, monkeypatch):
        assert self.asked_at_once(monkeypatch) == ["asked", "asked", "asked", "queued"]

    def test_are_all_given_without_the_lock(self, session, monkeypatch):
        monkeypatch.setattr(exports.locks, "hold", lambda name: None)
        monkeypatch.setattr(exports, "_named_lately", meeting(exports._named_lately, number=4))
        assert self.asked_at_once(monkeypatch) == ["queued"] * 4


class TestSchedule:
    EVENING = datetime(2025, 12, 18, 18, tzinfo=WIB)  # a Thursday

    def schedule(self, *readers, **fields):
        schedule = ExportSchedule.objects.create(**{"name": "Harian", "at": time(18)} | fields)
        schedule.readers.set(readers)
        return schedule

    @pytest.mark.parametrize(
        ("weekday", "now", "slot"),
        [
            (None, EVENING, EVENING),
            (None, EVENING - timedelta(minutes=1), EVENING - timedelta(days=1)),
            (3, EVENING, EVENING),
            (3, EVENING - timedelta(minutes=1), EVENING - timedelta(days=7)),
            (4, EVENING, EVENING - timedelta(days=6)),
            (2, EVENING, EVENING - timedelta(days=1)),
        ],
    )
    def test_is_due_daily_or_weekly_at_its_hour(self, weekday, now, slot):
        assert ExportSchedule(weekday=weekday, at=time(18)).slot(now) == slot

    def test_is_asked_for_once_a_slot_by_each_reader_who_may(self, session):
        first, second, former = staff(name="Satu"), staff(roles.EDITOR, name="Dua"), staff(roles.COORDINATOR)
        self.schedule(first, second, former, last_slot=self.EVENING - timedelta(days=1))

        assert exports.plan(now=self.EVENING - timedelta(minutes=1)) == 0
        assert [exports.plan(now=self.EVENING) for _tick in range(3)] == [2, 0, 0]
        assert exports.plan(now=self.EVENING + timedelta(days=3)) == 2  # what was missed is not made up
        assert set(AttendanceExport.objects.values_list("by__name", flat=True)) == {"Satu", "Dua"}

    def test_is_told_by_a_mail_with_a_link_and_no_file(self, session):
        user = staff()
        self.schedule(user)
        exports.plan(now=self.EVENING)
        assert export_files.build_next(now=self.EVENING)

        export = AttendanceExport.objects.get()
        told = Notification.objects.get(kind="export_ready")
        message = mail(told, now=self.EVENING)

        assert (told.account, message.to, message.attachments) == (user, [user.email], [])
        assert f"/staf/participants/attendanceexport/{export.pk}/change/" in message.body
        assert fetched(export, user, self.EVENING)

    def test_of_one_region_holds_no_other(self, session):
        make_registration(make_session())
        user = staff()
        self.schedule(user, region=session.region, format="csv")
        exports.plan(now=self.EVENING)
        export_files.build_next(now=self.EVENING)

        export = AttendanceExport.objects.get()
        assert (export.row_count, export.regions, export.personal) == (3, [session.region_id], [])

    def test_rests_while_it_is_switched_off(self, session):
        self.schedule(staff(), is_active=False)
        assert exports.plan(now=self.EVENING) == 0
