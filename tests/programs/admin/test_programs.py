"""An edition shown to everybody, taken down again, and written into a file."""

from io import StringIO

import pytest
import tomli_w
from django.core.management import call_command
from django.test import Client

from participants.models import Deed
from programs.models import Program
from programs.operations import editions
from tests.factories import make_registration
from tests.programs.admin.copying import PROGRAMS, copied, editor, make_it_odd, page, shown, source, tables
from tests.staff import make_staff, sign_in

__all__ = ["editor", "source"]

pytestmark = pytest.mark.django_db


class TestPublishing:
    def test_asks_first_and_then_everybody_sees_it(self, editor, source):
        copy = copied(editor, source)
        path, session = f"{PROGRAMS}{copy.pk}/terbitkan/", copy.sessions.get(region__code="91")
        assert "15" in page(editor.get(path)).select_one("dl.facts").text
        copy.refresh_from_db()
        assert not copy.is_published

        for _press in range(2):
            assert editor.post(path)["Location"] == f"{PROGRAMS}{copy.pk}/change/"

        assert Client().get(f"/sesi/{session.slug}/").status_code == 200
        published = Deed.objects.about(copy).exclude(what="added")
        assert [(deed.what, deed.changed) for deed in published] == [("changed", {"is_published": [False, True]})]

    @pytest.mark.parametrize("field", ["name_id", "name_en"])
    def test_one_with_the_name_of_another_is_refused(self, editor, source, field):
        copy = copied(editor, source)
        Program.objects.filter(pk=copy.pk).update(**{field: getattr(source, field)})

        answer = editor.post(f"{PROGRAMS}{copy.pk}/terbitkan/")

        assert "nama yang sama" in page(answer).select_one(".errornote").text
        copy.refresh_from_db()
        assert not copy.is_published

    def test_one_whose_registration_is_over_is_refused(self, editor, source):
        Program.objects.update(is_published=False)

        answer = editor.post(f"{PROGRAMS}{source.pk}/terbitkan/")

        assert "sudah ditutup" in page(answer).select_one(".errornote").text
        assert not Program.objects.get().is_published

    @pytest.mark.parametrize("is_published", [True, False])
    def test_the_form_of_an_edition_neither_publishes_nor_takes_back(self, editor, source, is_published):
        Program.objects.update(is_published=is_published)

        form = page(editor.get(f"{PROGRAMS}{source.pk}/change/"))

        assert form.select_one("[name=is_published]") is None
        for name, is_there in (("terbitkan", not is_published), ("turunkan", is_published)):
            assert bool(form.select_one(f"a[href='{PROGRAMS}{source.pk}/{name}/']")) is is_there

    @pytest.mark.parametrize("typed", [{}, {"is_published": ""}, {"is_published": "on"}])
    def test_saving_a_form_opened_before_somebody_published_keeps_it_published(self, editor, source, typed):
        Program.objects.update(is_published=False)
        path = f"{PROGRAMS}{source.pk}/change/"
        sent = shown(editor.get(path), "#program_form") | {"name_en": "Another"}
        Program.objects.update(is_published=True)

        assert editor.post(path, sent | typed).status_code == 302

        source.refresh_from_db()
        assert (source.is_published, source.name_en) == (True, "Another")


class TestUnpublishing:
    def test_asks_first_and_then_only_staff_see_it(self, editor, source):
        copy = copied(editor, source)
        Program.objects.update(is_published=True)
        path, session = f"{PROGRAMS}{copy.pk}/turunkan/", copy.sessions.get(region__code="91")
        assert page(editor.get(path)).select_one("#content-main [type=submit]")
        copy.refresh_from_db()
        assert copy.is_published

        for _press in range(2):
            assert editor.post(path)["Location"] == f"{PROGRAMS}{copy.pk}/change/"

        assert Client().get(f"/sesi/{session.slug}/").status_code == 404
        over = page(editor.get(path))
        assert over.select_one("#content-main [type=submit]") is None
        assert over.select_one("#content-main .actions-row a")["href"] == f"{PROGRAMS}{copy.pk}/change/"
        hidden = Deed.objects.about(copy).exclude(what="added")
        assert [(deed.what, deed.changed) for deed in hidden] == [("changed", {"is_published": [True, False]})]

    def test_one_with_people_who_are_to_come_is_refused_and_says_how_many(self, editor, source):
        copy = copied(editor, source)
        Program.objects.update(is_published=True)
        make_registration(copy.sessions.get(region__code="91"))
        path = f"{PROGRAMS}{copy.pk}/turunkan/"

        asked = page(editor.get(path))

        assert "1 orang" in asked.select_one("#content-main .said.bad").text
        assert asked.select_one("#content-main [type=submit]") is None
        assert "terdaftar" in page(editor.post(path)).select_one(".errornote").text
        copy.refresh_from_db()
        assert copy.is_published

    @pytest.mark.parametrize(("role", "status"), [("ministry", 404), ("coordinator", 404), ("editor", 200)])
    def test_is_for_the_programmes_manager(self, source, role, status):
        assert sign_in(Client(), make_staff(role)).get(f"{PROGRAMS}{source.pk}/turunkan/").status_code == status


class TestDumping:
    def dumped(self, slug):
        out = StringIO()
        call_command("dump_edition", slug, stdout=out)
        return out.getvalue()

    def test_writes_a_file_that_makes_the_same_edition(self, source):
        make_it_odd(source)
        before, text = tables(source), self.dumped("gig-ai-2025-12")
        source.sessions.all().delete()
        Program.objects.all().delete()

        again = editions.load(text).program

        assert tables(again) == before
        assert again.is_published
        assert self.dumped("gig-ai-2025-12") == text == tomli_w.dumps(before)

    def test_loading_what_was_written_changes_nothing(self, source):
        make_it_odd(source)

        loaded = editions.load(self.dumped("gig-ai-2025-12"))

        assert loaded.made == {}
        assert loaded.changed == {"Program": 1}  # the file's digest

    def test_of_an_unknown_edition_says_so(self, db):
        with pytest.raises(SystemExit, match="no edition 'x'"):
            self.dumped("x")
