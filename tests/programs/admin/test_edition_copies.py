"""The next edition: copied with other dates, and looked at as participants will see it."""

from copy import deepcopy
from datetime import date, datetime, timedelta
from urllib.parse import urljoin

import pytest
from django.test import Client

from participants.models import Deed, Registration
from participants.operations import programs
from programs.edition_files import judged
from programs.models import Program, Region, TrainingSession, Venue
from tests.factories import WIB, make_registration
from tests.programs.admin.copying import (
    FIRST,
    LATER,
    NAMES,
    PROGRAMS,
    copied,
    editor,
    errors,
    make_it_odd,
    page,
    shown,
    source,
    tables,
)
from tests.staff import make_staff, sign_in

__all__ = ["editor", "source"]

pytestmark = pytest.mark.django_db


def moved_back(tables, days, opens):
    """The tables of a copy as they would be without other dates and another name."""
    moved, back = deepcopy(tables), timedelta(days=days)
    for name in ("starts_on", "ends_on"):
        moved["program"][name] -= back
    moved["program"] |= {"slug": "gig-ai-2025-12", "registration_opens": opens}
    moved["program"] |= {
        "name_id": "Pelatihan Gig Economy dan AI untuk Gen Z — Desember 2025",
        "name_en": "Gig Economy and AI Training for Gen Z — December 2025",
    }
    moved["hackathon"]["linked_to"] = "gig-ai-2025-12"
    for wave in moved["waves"]:
        wave["days"] = [day - back for day in wave["days"]]
    return moved


class TestCopying:
    @pytest.mark.parametrize("is_odd", [False, True])
    def test_makes_the_same_edition_but_for_the_dates(self, editor, source, is_odd):
        if is_odd:
            make_it_odd(source)
        before = tables(source)

        copy = copied(editor, source)

        assert moved_back(tables(copy), (FIRST - date(2025, 12, 16)).days, source.registration_opens) == before
        assert tables(source) == before
        assert not copy.is_published
        assert copy.registration_opens == datetime(2089, 12, 1, 10, tzinfo=WIB)
        first = TrainingSession.objects.get(program=copy, region__code="91")
        assert first.slug == "jayapura-2090-01"
        assert first.days.first().date == date(2090, 1, 12)

    def test_takes_nobody_along_and_makes_no_place_or_region_anew(self, editor, source):
        make_registration(TrainingSession.objects.get(program=source, region__code="91"))
        counts = [model.objects.count() for model in (Registration, Region, Venue)]

        copy = copied(editor, source)

        assert [model.objects.count() for model in (Registration, Region, Venue)] == counts
        assert set(copy.sessions.values_list("seats_taken", "queue_issued", "schedule_version")) == {(0, 0, 1)}

    def test_is_done_again_from_the_source_and_from_the_copy(self, editor, source):
        copy = copied(editor, source)
        second = copied(editor, source, first=FIRST + timedelta(days=28), slug="gig-ai-2090-02")
        third = copied(editor, copy, first=FIRST + timedelta(days=56), slug="gig-ai-2090-03")

        for program, days in ((second, 28), (third, 56)):
            back = moved_back(tables(program), days, copy.registration_opens)
            again = moved_back(tables(copy), 0, copy.registration_opens)
            assert back == again

    def test_is_in_the_history_of_the_new_edition(self, editor, source):
        copy = copied(editor, source)

        deed = Deed.objects.about(copy).get()
        assert (deed.what, str(deed.by), deed.changed) == (
            "added", "Pengelola", {"slug": ["gig-ai-2025-12", "gig-ai-2090-01"]},
        )  # fmt: skip

    def test_a_session_has_its_own_date_seats_and_place_or_stays_behind(self, editor, source):
        jakarta, bali, batam = (source.sessions.get(region__code=code).pk for code in ("31", "51", "21"))
        path = f"{PROGRAMS}{source.pk}/salin/"
        sent = shown(editor.get(path)) | LATER | {"first_day": FIRST.isoformat()}
        sent |= {f"seats_{jakarta}": "120", f"venue_{jakarta}": "later", f"first_{bali}": "2090-01-17"}
        del sent[f"take_{batam}"]

        looked = editor.post(path, sent)
        assert editor.post(path, shown(looked)).status_code == 302

        copy = Program.objects.get(slug="gig-ai-2090-01")
        assert copy.sessions.count() == 14
        jakarta, bali = (copy.sessions.get(region__code=code) for code in ("31", "51"))
        assert (jakarta.capacity, jakarta.venue.is_confirmed, jakarta.venue.name) == (120, False, "Tempat menyusul")
        assert [day.date.day for day in bali.days.all()] == [17, 18, 19]
        assert (copy.starts_on, copy.ends_on) == (FIRST, date(2090, 1, 19))
        assert bali.wave != copy.sessions.get(region__code="35").wave  # both were in wave C

    def test_proposes_whole_weeks_ahead_so_that_weekdays_stay(self, editor, source):
        sent = shown(editor.get(f"{PROGRAMS}{source.pk}/salin/"))

        assert date.fromisoformat(sent["first_day"]).weekday() == date(2025, 12, 16).weekday()
        assert date.fromisoformat(sent["first_day"]) > source.ends_on

    def test_dates_follow_the_first_day_and_are_looked_at_before_anything_is_made(self, editor, source):
        path = f"{PROGRAMS}{source.pk}/salin/"
        bali, own = source.sessions.get(region__code="51").pk, source.sessions.get(region__code="31").pk
        sent = shown(editor.get(path)) | LATER | {"first_day": "2027-01-12", f"first_{own}": "2027-01-19"}

        answer = editor.post(path, sent)

        assert not Program.objects.exclude(pk=source.pk).exists()
        assert "mengikuti hari pertama" in errors(answer)[""]
        assert (shown(answer)[f"first_{bali}"], shown(answer)[f"first_{own}"]) == ("2027-01-14", "2027-01-19")
        assert shown(answer)["registration_opens"] == LATER["registration_opens"]  # which somebody typed

    def test_registration_opens_as_long_before_another_first_day(self, editor, source):
        path = f"{PROGRAMS}{source.pk}/salin/"
        sent = shown(editor.get(path)) | NAMES | {"slug": "x", "first_day": FIRST.isoformat()}
        answer = editor.post(path, sent)
        assert shown(answer)["registration_opens"] == "2089-12-26T10:00"  # the source: 1 December for the 16th

        for _press in range(2):
            answer = editor.post(path, shown(answer))

        opens = Program.objects.get(slug="x").registration_opens
        assert opens - source.registration_opens == FIRST - date(2025, 12, 16)

    def test_weekends_and_holidays_are_pointed_out_beside_their_session(self, editor, source):
        path = f"{PROGRAMS}{source.pk}/salin/"
        own = source.sessions.get(region__code="31").pk
        sent = shown(editor.get(path)) | LATER | {"first_day": "2027-01-12", f"first_{own}": "2027-01-01"}

        told = {
            row.legend.text.split()[0]: row.select_one(".warned")
            for row in page(editor.post(path, sent)).select("fieldset")
        }

        assert "Jumat, 1 Januari 2027: Tahun Baru Masehi; Sabtu, 2 Januari 2027" in told["Jakarta"].text
        assert "Sabtu, 16 Januari 2027" in told["Denpasar"].text
        assert told["Semarang"] is None
        assert "New Year" in editor.post(f"/en{path}", sent).text

    def test_all_that_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(self, editor, source):
        path = f"{PROGRAMS}{source.pk}/salin/"
        bali, own, batam = (source.sessions.get(region__code=code).pk for code in ("51", "31", "21"))
        wrong = {
            "slug": "gig-ai-2025-12",
            "name_en": "",
            "registration_opens": "2090-01-10T10:00",
            "born_until": "1990-01-01",
            "daily_end": "07:00",
            f"seats_{own}": "0",
            f"first_{bali}": "2025-12-20",
            f"first_{batam}": "kapan-kapan",
        }
        sent = shown(editor.get(path)) | {"first_day": FIRST.isoformat()} | wrong

        answer = editor.post(path, sent)

        found = errors(answer)
        opened_late = {f"first_{row.pk}" for row in source.sessions.filter(wave="A")} - {f"first_{batam}"}
        assert {*wrong} - {"registration_opens"} <= found.keys()
        assert opened_late <= found.keys()
        assert "sudah dipakai" in found["slug"]
        assert "ditutup sebelum dibuka" in found[f"first_{own}"]
        assert {name: shown(answer)[name] for name in wrong} == wrong
        assert Program.objects.count() == 1

    def test_a_day_on_which_the_region_has_a_session_is_refused_in_any_edition(self, editor, source):
        copied(editor, source)
        path, bali = f"{PROGRAMS}{source.pk}/salin/", source.sessions.get(region__code="51").pk
        sent = (
            shown(editor.get(path)) | LATER | {"slug": "lain", "first_day": "2090-02-07", f"first_{bali}": "2090-01-14"}
        )

        found = errors(editor.post(path, sent))

        assert list(found) == ["", f"first_{bali}"]  # the other dates followed the first day
        assert "sudah punya sesi pada 14 Januari 2090" in found[f"first_{bali}"]

    @pytest.mark.parametrize("field", ["name_id", "name_en"])
    def test_a_name_that_another_edition_has_is_refused(self, editor, source, field):
        path = f"{PROGRAMS}{source.pk}/salin/"
        sent = shown(editor.get(path)) | LATER | {field: getattr(source, field).upper()}

        found = errors(editor.post(path, sent))

        assert "milik edisi lain" in found[field]
        assert Program.objects.count() == 1

    def test_two_at_once_cannot_take_the_same_days_or_name(self, editor, source):
        copy = copied(editor, source)
        by, now = make_staff("editor"), datetime(2026, 11, 1, tzinfo=WIB)
        same = judged(tables(copy))

        with pytest.raises(programs.RegionIsBusy, match="sudah punya sesi"):
            programs.copy(source=source, edition=same, now=now, by=by)
        copy.sessions.update(status="cancelled")
        with pytest.raises(programs.EditionExists):
            programs.copy(source=source, edition=same, now=now, by=by)
        assert Program.objects.count() == 2

    @pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
    def test_a_first_day_that_the_form_never_laid_out_is_refused(self, editor, source, day):
        path = f"{PROGRAMS}{source.pk}/salin/"
        sent = shown(editor.get(path)) | NAMES | {"slug": "lain", "laid_out": day}

        found = errors(editor.post(path, sent))

        assert list(found) == [""]
        assert "tanggal" in found[""] or "Pastikan" in found[""]
        assert Program.objects.count() == 1

    def test_without_a_session_is_refused(self, editor, source):
        path = f"{PROGRAMS}{source.pk}/salin/"
        sent = {name: value for name, value in shown(editor.get(path)).items() if not name.startswith("take_")}

        assert "setidaknya satu sesi" in errors(editor.post(path, sent | LATER))[""]

    @pytest.mark.parametrize(("role", "status"), [("ministry", 404), ("coordinator", 404), ("editor", 200)])
    def test_is_for_the_programmes_manager(self, source, role, status):
        client = sign_in(Client(), make_staff(role))

        assert client.get(f"{PROGRAMS}{source.pk}/salin/").status_code == status
        assert client.get(f"{PROGRAMS}{source.pk}/terbitkan/").status_code == status


class TestPreview:
    def test_shows_staff_what_nobody_else_finds(self, editor, source):
        copy = copied(editor, source)
        session = copy.sessions.get(region__code="91")

        home = page(editor.get(f"{PROGRAMS}{copy.pk}/pratinjau/"))

        link = f"{PROGRAMS}{copy.pk}/pratinjau/{session.pk}/"
        assert {a["href"] for a in home.select(".places a")} >= {link}
        assert "hanya petugas" in home.select_one(".rehearsal").text
        assert "1 Desember 2089" in home.text
        assert "Jayapura" in page(editor.get(link)).h1.text
        assert Client().get(f"/sesi/{session.slug}/").status_code == 404
        assert session.slug not in Client().get("/sesi/").text
        assert Client().get(link).status_code == 302
        copy.refresh_from_db()
        assert not copy.is_published

    def test_shows_what_readers_will_see_and_leads_nowhere_that_is_not_there(self, editor, source):
        copy = copied(editor, source)
        Program.objects.filter(pk=copy.pk).update(registration_opens=datetime(2025, 1, 1, tzinfo=WIB))
        cancelled, open_one = copy.sessions.order_by("pk")[:2]
        TrainingSession.objects.filter(pk=cancelled.pk).update(status="cancelled")
        home = f"{PROGRAMS}{copy.pk}/pratinjau/"
        pages = {path: editor.get(path) for path in (home, f"{home}{cancelled.pk}/", f"{home}{open_one.pk}/")}

        for path, answer in pages.items():
            assert answer.status_code == 200
            links = {urljoin(path, link["href"]).partition("#")[0] for link in page(answer).select("body a[href]")}
            ours = sorted(link for link in links if link.startswith("/"))
            assert [link for link in ours if editor.get(link).status_code not in (200, 302)] == []
            slugs = copy.sessions.values_list("slug", flat=True)
            assert [slug for slug in slugs if any(slug in link for link in links)] == []
        ways = [link.text for link in page(pages[f"{home}{open_one.pk}/"]).select("a.button[aria-disabled=true]")]
        assert "Daftar ke sesi ini" in ways
        assert page(pages[f"{home}{cancelled.pk}/"]).select(".offers li a.button[aria-disabled=true]")

    def test_a_session_of_another_edition_is_not_there(self, editor, source):
        copy = copied(editor, source)

        assert editor.get(f"{PROGRAMS}{copy.pk}/pratinjau/{source.sessions.first().pk}/").status_code == 404

    def test_costs_the_same_for_one_session_and_many(self, editor, source, django_assert_num_queries):
        path = f"{PROGRAMS}{source.pk}/pratinjau/"
        editor.get(path)
        for number in (15, 1):
            source.sessions.exclude(pk__in=source.sessions.order_by("pk")[:number]).update(status="draft")
            with django_assert_num_queries(8):
                editor.get(path)
