"""A row of another region behaves as if it did not exist, on every way that the admin offers to a row."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.core.checks import run_checks
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from participants.models import AccessibilityRequest, Notification, Participant
from programs.admin.scoping import MinistryOnlyAdmin, RegionScopedAdmin, check_every_table_is_scoped
from programs.models import Venue
from tests.factories import make_region, make_registration, make_session
from tests.programs.admin.tables import LISTS, TABLES, client, leaks, leaks_of
from tests.rules.visits import Watch, client_of, world
from tests.rules.visits import answer as answered
from tests.rules.world import CANARY, World
from tests.staff import make_staff, sign_in

__all__ = ["client", "world"]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("model", "table"), TABLES, ids=[model._meta.label for model, _table in TABLES])
def test_table_inherits_the_scope(model: Any, table: Any) -> None:
    assert isinstance(table, (RegionScopedAdmin, MinistryOnlyAdmin))
    assert isinstance(table, MinistryOnlyAdmin) or hasattr(model.objects.all(), "visible_to")
    assert not table.list_editable
    assert not table.actions
    assert not table.inlines
    assert not table.autocomplete_fields


@pytest.mark.parametrize(("model", "table"), TABLES, ids=[model._meta.label for model, _table in TABLES])
def test_row_tells_nothing_of_a_column_that_is_not_translated(model: Any, table: Any, rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = make_staff("ministry")
    form = table.get_form(request, model(), change=True)
    told = {field.name: (form._meta.help_texts or {}).get(field.name, field.help_text) for field in model._meta.fields}
    assert {name: text for name, text in told.items() if text and isinstance(text, str)} == {}


def test_start_refuses_a_table_without_the_scope(monkeypatch: Any) -> None:
    site = AdminSite()
    site.register(Venue, admin.ModelAdmin)
    monkeypatch.setattr(admin, "site", site)
    assert [error.id for error in check_every_table_is_scoped()] == ["portal.E001"]


def test_start_finds_every_table_scoped() -> None:
    assert [check for check in run_checks() if check.id == "portal.E001"] == []


# --- Lists: rows, filters, facets, dates (#023), search and order (#042)


@pytest.mark.parametrize("query", ["", "_facets=1", "all=1", f"q={CANARY}", "q=%2B6281377713777", "e=1"])
def test_list_shows_own_region_only(query: str, client: Client) -> None:
    assert [leak for path in LISTS for leak in leaks(client, f"{path}?{query}")] == []


def test_search_of_a_thousand_words_asks_as_much_as_somebody_types(client: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        client.get("/staf/participants/registration/?q=" + "a " * 1000)

    assert max(len(query["sql"]) for query in asked.captured_queries) < 40_000


def test_search_for_a_foreign_person_finds_as_much_as_for_nobody(client: Client, world: World) -> None:
    for path in ("/staf/participants/participant/", "/staf/participants/registration/"):
        counts = [len(answered(client, "GET", f"{path}?q={word}").content) for word in ("kanari", "kosong")]
        assert counts[0] == counts[1], path


def test_order_by_any_column_shows_nothing_foreign(client: Client) -> None:
    """By each column, up or down, and by one that is not there."""
    found = []
    for path, (_model, table) in zip(LISTS, TABLES, strict=True):
        orders = [number * (-1) ** number for number in range(1, len(table.list_display) + 2)]
        found += [leak for order in orders for leak in leaks(client, f"{path}?o={order}")]
    assert found == []


def probes() -> list[str]:
    """Every lookup that a column could be asked by: own columns, related ones, by beginning and by comparison."""
    found = []
    for model, _table in TABLES:
        path = f"/staf/{model._meta.app_label}/{model._meta.model_name}/"
        for field in model._meta.get_fields():
            name = field.name
            if field.is_relation and field.related_model:
                inner = [f.name for f in field.related_model._meta.local_fields][:12]
                found += [f"{path}?{name}__{other}__startswith=k" for other in inner]
                found += [f"{path}?{name}__isnull=0"]
            else:
                found += [f"{path}?{name}__startswith=k", f"{path}?{name}__gte=0"]
    return found


def table_of(path: str) -> Any:
    return next(table for listed, (_model, table) in zip(LISTS, TABLES, strict=True) if path.startswith(listed))


def test_query_string_asks_only_what_a_filter_asks(client: Client, world: World) -> None:
    """Asking by a column that is not offered is refused, so that no answer can be built up letter by letter."""
    offered = ("session__", "region__", "program__", "state__", "kind__", "place__", "guardian__", "mark__", "source__")
    offered += ("status__", "answer__", "purpose__", "giver__", "is_active__", "pillar__")
    request = RequestFactory().get("/")
    request.user = world.users["coordinator"]
    for number, path in enumerate(probes()):
        table, (name, _, value) = table_of(path), path.partition("?")[2].partition("=")
        may_ask = table.lookup_allowed(name, value, request)
        if not may_ask and number % 5:
            continue  # a list asks just that, and each fifth shows that it obeys
        response = answered(client, "GET", path)
        lookup = path.partition("?")[2]
        assert response.status_code in (302, 400, 403) or lookup.startswith(offered), path
        assert leaks_of(response, path) == []


@pytest.mark.parametrize(
    "lookup",
    [
        "participant__full_name__startswith=S",
        "participant__phone__startswith=%2B62",
        "participant__user__password__startswith=p",
        "session__venue__name__startswith=k",
        "participant__registrations__session__slug=x",
        "public_id__startswith=a",
    ],
)
def test_hidden_columns_of_registrations_cannot_be_asked(lookup: str, client: Client) -> None:
    page = answered(client, "GET", f"/staf/participants/registration/?{lookup}")
    assert page.status_code in (302, 400)


def test_filter_offers_own_regions_and_refuses_foreign_ones(client: Client, world: World) -> None:
    page = answered(client, "GET", "/staf/programs/venue/").content.decode()
    assert f"region__id__exact={world.b['programs.Region'].pk}" not in page
    foreign = answered(client, "GET", f"/staf/programs/venue/?region__id__exact={world.b['programs.Region'].pk}")
    assert CANARY not in foreign.content.decode()


# --- Bulk actions, forged forms, autocomplete, history (#026 #027 #028 #029 #030 #031)


def test_bulk_action_touches_nothing(client: Client, world: World) -> None:
    tables = Watch()
    for path, place in itertools.product(LISTS, (world.a, world.b)):
        label = ".".join(path.split("/")[2:4])
        body = {"action": "delete_selected", "select_across": "1", "index": "0", "post": "yes"}
        response = client.post(path, body | {"_selected_action": [place[label].pk]})
        assert response.status_code in (200, 302, 403), path
        assert not tables.is_changed(), path


def test_forged_list_form_changes_nothing(client: Client, world: World) -> None:
    tables, foreign = Watch(), world.b["programs.Venue"].pk
    body = {
        "form-TOTAL_FORMS": "2",
        "form-INITIAL_FORMS": "1",
        "form-0-id": foreign,
        "form-0-name": "x",
        "form-0-DELETE": "on",
        "form-1-name": "y",
        "_save": "1",
    }
    client.post("/staf/programs/venue/", body)
    assert not tables.is_changed()


@pytest.mark.parametrize("role", ["coordinator", "ministry"])
def test_whoever_only_looks_changes_nothing_by_a_forged_form(role: str, world: World) -> None:
    client, wrong, tables = client_of(world, role), [], Watch()
    for model, table in TABLES:
        row = world.a[model._meta.label]
        fields = {field.name: str(getattr(row, field.attname)) + "9" for field in model._meta.local_fields}
        for page in table.pages - {"history"}:
            arguments = [row.pk] if page in ("change", "delete") else []
            try:
                path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)
            except NoReverseMatch:
                continue
            status = client.post(path, fields | {"_save": "1", "post": "yes"}).status_code
            if page != "changelist" and status not in (403, 404):
                wrong.append((path, status))
        if tables.is_changed():
            wrong.append((model._meta.label, "changed"))
    assert wrong == []


def test_autocomplete_answers_nobody(client: Client, world: World) -> None:
    for model in apps.get_models():
        for field in model._meta.fields:
            path = f"/staf/autocomplete/?app_label={model._meta.app_label}&model_name={model._meta.model_name}"
            response = answered(client, "GET", f"{path}&field_name={field.name}&term=k")
            assert response.status_code in (403, 404)


def test_what_editors_type_holds_nothing_invisible(world: World) -> None:
    body = {"name": " Gedung \u202e A\u200b\u3164 ", "city": "Kota\u00a0\u2066B"}
    body["region"] = world.a["programs.Region"].pk
    assert client_of(world, "editor").post("/staf/programs/venue/add/", body).status_code == 302
    venue = Venue.objects.latest("pk")
    assert (venue.name, venue.city) == ("Gedung A", "Kota B")


def test_editor_cannot_put_a_venue_where_another_form_would_not(world: World) -> None:
    """Somebody with the right to change, yet one region alone: a forged relation is refused."""
    from django.contrib.auth.models import Permission  # noqa: PLC0415 -- only here

    user = make_staff("coordinator", world.a["programs.Region"], email="khusus@example.go.id")
    codes = ["add_venue", "change_venue"]
    user.groups.first().permissions.add(*Permission.objects.filter(codename__in=codes))  # type: ignore[union-attr]
    client = sign_in(Client(), user)
    page = client.get("/staf/programs/venue/add/").content.decode()
    assert world.a["programs.Region"].name in page
    assert CANARY not in page
    body = {"name": "Titipan", "city": "Kota", "region": world.b["programs.Region"].pk}
    assert client.post("/staf/programs/venue/add/", body).status_code == 200
    assert not Venue.objects.filter(name="Titipan").exists()
    body["region"] = world.a["programs.Region"].pk
    assert client.post("/staf/programs/venue/add/", body).status_code == 302
    assert Venue.objects.get(name="Titipan").region == world.a["programs.Region"]


def test_staff_routes_of_view_on_site_and_passwords_are_gone(client: Client) -> None:
    for path in (
        "/staf/r/1/1/",
        "/staf/password_change/",
        "/staf/password_change/done/",
        "/staf/accounts/user/1/password/",
    ):
        assert client.get(path).status_code == 404, path


# --- Numbers (#039), hostile values (#205)


def test_numbers_on_the_first_page_count_own_regions_only(client: Client, world: World) -> None:
    rows = [Notification.objects.get(pk=world.b["participants.Notification"].pk) for _number in range(7)]
    for number, row in enumerate(rows):
        row.pk, row.public_id, row.occurrence, row.state = (
            None,
            f"00000000-0000-4000-8000-00000000000{number}",
            str(number),
            "failed",
        )
        row.save(force_insert=True)
    health = client.get("/staf/").context["ledger"]
    assert (health.waiting, health.failed) == (2, 0)
    everything = client_of(world, "ministry").get("/staf/").context["ledger"]
    assert (everything.waiting, everything.failed) == (4, 7)


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,<b>x", "<script>x</script>", '"><img src=x>']
)
def test_hostile_values_are_shown_as_text(value: str, world: World) -> None:
    person = world.a["participants.Participant"]
    Participant.objects.filter(pk=person.pk).update(full_name=value)
    AccessibilityRequest.objects.filter(registration__participant=person).update(need=value)
    Venue.objects.filter(pk=world.a["programs.Venue"].pk).update(name=value, address=value)
    client = client_of(world, "ministry")
    for path in (
        "/staf/participants/participant/",
        f"/staf/participants/participant/{person.pk}/change/",
        "/staf/participants/registration/",
        "/staf/programs/venue/",
        f"/staf/participants/accessibilityrequest/{world.a['participants.AccessibilityRequest'].pk}/jawab/",
        f"/staf/programs/trainingsession/{world.a['programs.TrainingSession'].pk}/hadir/",
    ):
        page = answered(client, "GET", path).content.decode()
        assert f'href="{value}' not in page
        assert "<script>x" not in page
        assert "<img src=x>" not in page


def test_lists_take_the_same_number_of_queries_for_one_row_and_for_three(world: World) -> None:
    client = client_of(world, "ministry")

    def queries(path: str) -> int:
        with connection.execute_wrapper(counter := _Counter()):
            assert client.get(path).status_code in (200, 403)
        return counter.number

    client.get("/staf/")
    before = {path: queries(path) for path in [*LISTS, "/staf/"]}
    program = world.a["programs.Program"]
    for _number in range(3):
        make_registration(make_session(program=program))
        make_staff("coordinator", make_region())
    assert {path: queries(path) for path in before} == before


class _Counter:
    """Counts the queries that go through it."""

    number = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.number += 1
        return execute(sql, params, many, context)
