"""Files of exports: built as jobs two at a time, fetched by who asked, and gone after a day."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from threading import Barrier

import openpyxl
import pytest
from django.db import connection, transaction

from participants.models import AttendanceExport, ExportPart
from participants.operations import erasures, export_files, exports, retention, withdrawals
from portal import roles
from tests.emptying import guards_asleep
from tests.participants.operations.exporting import NOW, asked, big, fetched, no_broker, session, staff, state

__all__ = ["big", "no_broker", "session"]

pytestmark = pytest.mark.django_db


class TestBuilding:
    def test_a_small_file_is_given_out_at_once_and_kept_nowhere(self, session):
        export = asked(staff())

        with export_files.give_out(export=export, now=NOW) as file:
            assert hashlib.sha256(file.read()).hexdigest() == export.sha256

        assert (state(export), ExportPart.objects.count(), export.people) == ("given", 0, 3)

    @pytest.mark.parametrize("part", [100, 1_000_000])
    @pytest.mark.parametrize("layout", ["people", "days"])
    @pytest.mark.parametrize("format_", ["csv", "xlsx"])
    def test_a_big_file_is_built_and_fetched_whole(self, session, big, monkeypatch, format_, layout, part):
        monkeypatch.setattr(export_files, "PART", part)
        user = staff()
        export = asked(user, format=format_, layout=layout)
        assert export_files.give_out(export=export, now=NOW) is None

        assert [export_files.build_next(now=NOW), export_files.build_next(now=NOW)] == [True, False]

        data = fetched(export, user)
        assert export.sha256 == hashlib.sha256(data).hexdigest()
        assert export.row_count == (3 if layout == "people" else 9)
        if format_ == "xlsx":
            manifest = dict(openpyxl.load_workbook(BytesIO(data))["Keterangan"].iter_rows(values_only=True))
            assert (manifest["Nomor berkas"], manifest["Diminta oleh"]) == (str(export.pk), str(user))
            assert manifest["Sidik jari baris"] == export.rows_sha256

    def test_rights_are_those_of_the_moment_it_is_built(self, session, big):
        user = staff()
        export = asked(user)
        user.groups.clear()

        assert export_files.build_next(now=NOW)

        assert (state(export), ExportPart.objects.count()) == ("refused", 0)

    def test_what_was_lost_with_its_worker_is_begun_anew_and_not_for_ever(self, session, big, monkeypatch):
        user = staff()
        export = asked(user)
        AttendanceExport.objects.update(state="running", attempts=1)  # and nobody holds its lock
        assert export_files.build_next(now=NOW)
        assert (state(export), bool(fetched(export, user))) == ("ready", True)

        AttendanceExport.objects.update(state="running", attempts=export_files.ATTEMPTS)
        assert export_files.build_next(now=NOW)
        assert (state(export), AttendanceExport.objects.get().failed_at) == ("failed", NOW)

    def test_one_that_fails_does_not_stop_the_next(self, session, big, monkeypatch, caplog):
        broken, good = asked(staff()), asked(staff())
        with guards_asleep():
            AttendanceExport.objects.filter(pk=broken.pk).update(asked={"ages": "?"})

        assert export_files.build_next(now=NOW)
        assert export_files.build_next(now=NOW)

        assert (state(broken), state(good)) == ("failed", "ready")
        assert set(AttendanceExport.objects.values_list("state", "failed_at")) == {("failed", NOW), ("ready", None)}
        assert f"export {broken.pk} failed" in caplog.text

    def test_says_how_far_it_is(self, session):
        export = AttendanceExport(state="running", row_count=200, rows_done=100)

        assert export_files.progress(export) == 50
        assert export_files.progress(AttendanceExport(state="queued", row_count=0)) == 0

    def test_what_a_worker_has_built_meanwhile_is_not_given_out_and_can_be_forgotten(self, session):
        waiting = asked(staff())
        stale = AttendanceExport.objects.get(pk=waiting.pk)
        assert export_files.build_next(now=NOW)

        assert export_files.give_out(export=stale, now=NOW) is None
        assert state(waiting) == "ready"
        export_files.forget_about([row.participant_id for row in session.registrations.all()])
        assert not ExportPart.objects.exists()


class TestFetching:
    @pytest.fixture
    def built(self, session, big):
        user = staff()
        export = asked(user)
        export_files.build_next(now=NOW)
        return export, user

    def test_is_for_who_asked_alone(self, built):
        export, _user = built
        with pytest.raises(exports.NotYours):
            fetched(export, staff(roles.EDITOR))

    def test_ends_with_the_right(self, built):
        export, user = built
        user.groups.clear()
        with pytest.raises(exports.NotYours):
            fetched(export, type(user).objects.get(pk=user.pk))

    def test_ends_with_the_regions(self, built):
        export, user = built
        for group in user.groups.all():
            group.permissions.remove(group.permissions.get(codename="see_all_regions"))
        with pytest.raises(exports.NotYours):
            fetched(export, type(user).objects.get(pk=user.pk))

    def test_ends_after_a_day(self, built):
        export, user = built
        with pytest.raises(export_files.NotThere):
            fetched(export, user, NOW + timedelta(hours=24))

        assert export_files.forget_old(now=NOW + timedelta(hours=23)) == 0
        assert export_files.forget_old(now=NOW + timedelta(hours=24)) == 1
        assert (state(export), ExportPart.objects.count()) == ("gone", 0)

    def test_is_gone_at_night_even_if_nothing_ticks(self, built):
        export, _user = built
        retention.run(now=NOW + timedelta(hours=25), machine_now=NOW)
        assert (state(export), ExportPart.objects.count()) == ("gone", 0)

    @pytest.mark.parametrize("leaves", ["erased", "withdrawn"])
    def test_is_gone_at_once_when_somebody_in_it_is_to_be_forgotten(self, built, session, leaves):
        export, _user = built
        person = session.registrations.first().participant
        if leaves == "erased":
            with transaction.atomic():
                erasures.erase([person.pk], now=NOW)
        else:
            given = {"text_version": "1", "text_hash": "0" * 64, "language": "id", "given_at": NOW}
            person.consents.create(purpose="training", **given)
            withdrawals.withdraw(participant=person, purpose="training", now=NOW)
        assert (state(export), ExportPart.objects.count()) == ("gone", 0)

    def test_is_recognised_by_its_bytes_and_not_when_one_differs(self, built):
        export, user = built
        data = fetched(export, user)

        assert export_files.recognise([data[:10], data[10:]])[1] == export
        assert export_files.recognise([data + b" "])[1] is None


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Real threads on real connections."""

    @pytest.mark.parametrize(("places", "most"), [(2, 2), (5, 5)])  # the second: what happens when the guard is off
    def test_no_more_are_built_than_there_are_places(self, session, big, monkeypatch, places, most):
        monkeypatch.setattr(export_files, "AT_ONCE", places)
        user, built, under_way, peak = staff(), [], set(), []
        for _number in range(5):
            asked(user)
        together, build = Barrier(places), export_files._build

        def counted(export, file, *, now):
            under_way.add(export.pk)
            if len(built) < places:
                together.wait(20)
            peak.append(len(under_way))
            built.append(export.pk)
            done = build(export, file, now=now)
            under_way.discard(export.pk)
            return done

        monkeypatch.setattr(export_files, "_build", counted)

        def worker(_number):
            try:
                while export_files.build_next(now=NOW):
                    pass
            finally:
                connection.close()

        with ThreadPoolExecutor(5) as pool:
            list(pool.map(worker, range(5)))

        assert max(peak) == most
        assert sorted(built) == sorted(AttendanceExport.objects.filter(state="ready").values_list("pk", flat=True))
        assert len(built) == 5
