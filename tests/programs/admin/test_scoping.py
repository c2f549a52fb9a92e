"""A row of another region behaves as if it did not exist, on every way that the admin offers to a row."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.core.checks import run_checks
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse

from participants.models import AccessibilityRequest, Notification, Participant, Registration
from portal.accounts.models import User
from programs.admin.scoping import MinistryOnlyAdmin, RegionScopedAdmin, check_every_table_is_scoped
from programs.models import Coordination, Region, TrainingSession, Venue
from tests.factories import make_participant, make_program, make_region, make_registration, make_session
from tests.rules.test_routes import answer as answered
from tests.rules.test_routes import client_of, state, text_of, world
from tests.rules.world import CANARY, World, canaries_in
from tests.staff import make_staff, sign_in

__all__ = ["world"]
pytestmark = pytest.mark.django_db
TABLES = sorted(admin.site._registry.items(), key=lambda item: item[0]._meta.label)
LISTS = [f"/staf/{model._meta.app_label}/{model._meta.model_name}/" for model, _table in TABLES]


@pytest.fixture
def client(world: World) -> Client:
    return client_of(world, "coordinator")


def leaks(client: Client, path: str, method: str = "GET", **extra: Any) -> list[tuple[str, str]]:
    return leaks_of(answered(client, method, path, **extra), path)


def leaks_of(response: Any, path: str) -> list[tuple[str, str]]:
    assert response.status_code < 500, path
    return [(path, found) for found in canaries_in(told(response))]


def told(response: Any) -> str:
    """What the answer says, without what its reader typed: that comes back in the search field and in links."""
    return re.sub(r'name="q" value="[^"]*"|q(=|%3D)(\w|%(25)?2B)+', "", text_of(response))


@pytest.mark.parametrize(("model", "table"), TABLES, ids=[model._meta.label for model, _table in TABLES])
def test_table_inherits_the_scope(model: Any, table: Any) -> None:
    assert isinstance(table, (RegionScopedAdmin, MinistryOnlyAdmin))
    assert isinstance(table, MinistryOnlyAdmin) or hasattr(model.objects.all(), "visible_to")
    assert not table.list_editable
    assert not table.actions
    assert not table.inlines
    assert not table.autocomplete_fields


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


def test_search_for_a_foreign_person_finds_as_much_as_for_nobody(client: Client, world: World) -> None:
    for path in ("/staf/participants/participant/", "/staf/participants/registration/"):
        counts = [len(answered(client, "GET", f"{path}?q={word}").content) for word in ("kanari", "kosong")]
        assert counts[0] == counts[1], path


def test_order_by_any_column_shows_nothing_foreign(client: Client) -> None:
    orders = itertools.product(LISTS, range(-12, 13))
    assert [leak for path, column in orders for leak in leaks(client, f"{path}?o={column}")] == []


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


def test_query_string_asks_only_what_a_filter_asks(client: Client) -> None:
    """Asking by a column that is not offered is refused, so that no answer can be built up letter by letter."""
    offered = ("session__", "region__", "program__", "state__", "kind__", "place__", "guardian__", "mark__", "source__")
    offered += ("status__", "answer__", "purpose__", "giver__", "is_active__", "pillar__")
    for path in probes():
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
    before = state()
    for path, place in itertools.product(LISTS, (world.a, world.b)):
        label = ".".join(path.split("/")[2:4])
        body = {"action": "delete_selected", "select_across": "1", "index": "0", "post": "yes"}
        response = client.post(path, body | {"_selected_action": [place[label].pk]})
        assert response.status_code in (200, 302, 403), path
        assert state() == before, path


def test_forged_list_form_changes_nothing(client: Client, world: World) -> None:
    before, foreign = state(), world.b["programs.Venue"].pk
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
    assert state() == before


@pytest.mark.parametrize("role", ["coordinator", "ministry"])
def test_whoever_only_looks_changes_nothing_by_a_forged_form(role: str, world: World) -> None:
    client, wrong = client_of(world, role), []
    for model, table in TABLES:
        row = world.a[model._meta.label]
        fields = {field.name: str(getattr(row, field.attname)) + "9" for field in model._meta.local_fields}
        before = state()
        for page in table.pages - {"history"}:
            arguments = [row.pk] if page in ("change", "delete") else []
            try:
                path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)
            except NoReverseMatch:
                continue
            status = client.post(path, fields | {"_save": "1", "post": "yes"}).status_code
            if page != "changelist" and status not in (403, 404):
                wrong.append((path, status))
        if state() != before:
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


# --- Whose regions (#032 #033), minors, numbers (#039), hostile values (#205)


@pytest.mark.parametrize("count", [0, 1, 2, 15])
def test_coordinator_sees_as_many_regions_as_assigned(count: int) -> None:
    program = make_program()
    regions = [make_region() for _number in range(15)]
    for region in regions:
        make_registration(make_session(program=program, region=region))
    user = make_staff("coordinator", *regions[:count])
    for rows in (Region, Venue, TrainingSession, Registration, Participant):
        assert rows.objects.visible_to(user).count() == count, rows
    if count:
        Coordination.objects.filter(user=user, region=regions[0]).delete()
        assert TrainingSession.objects.visible_to(user).count() == count - 1
        assert not Participant.objects.visible_to(user).filter(registrations__region=regions[0]).exists()


def test_withdrawn_region_is_gone_at_the_next_request(client: Client, world: World) -> None:
    path = f"/staf/programs/trainingsession/{world.a['programs.TrainingSession'].pk}/hadir/"
    assert client.get(path).status_code == 200
    Coordination.objects.filter(user=world.users["coordinator"]).delete()
    assert client.get(path).status_code == 404
    assert client.post(path, {"all_present": "1"}).status_code == 404


def test_messages_without_a_region_are_the_ministrys(world: World) -> None:
    Notification.objects.filter(pk=world.a["participants.Notification"].pk).update(region=None)
    coordinator, ministry = world.users["coordinator"], world.users["ministry"]
    assert not Notification.objects.visible_to(coordinator).exists()
    assert Notification.objects.visible_to(ministry).count() == 2


def test_person_is_seen_through_registrations_and_never_by_home(world: World) -> None:
    """Somebody from region A who registers in B is B's; somebody without a registration is the ministry's alone."""
    visitor = make_participant(region=world.a["programs.Region"], full_name="Tamu Jauh")
    make_registration(world.b["programs.TrainingSession"], participant=visitor)
    idle = make_participant(region=world.a["programs.Region"], full_name="Belum Daftar")
    coordinator, ministry = world.users["coordinator"], world.users["ministry"]
    seen = Participant.objects.visible_to(coordinator)
    assert not seen.filter(pk__in=[visitor.pk, idle.pk]).exists()
    assert Participant.objects.visible_to(ministry).filter(pk__in=[visitor.pk, idle.pk]).count() == 2


def test_person_of_two_regions_shows_each_its_own_registration(client: Client, world: World) -> None:
    """Released in B, confirmed in A: A sees the person, and only the registration in A."""
    person = world.a["participants.Participant"]
    other = make_registration(
        world.b["programs.TrainingSession"],
        participant=person,
        place="released",
        released_at="2025-12-03T00:00Z",
        release_reason="switched",
    )
    assert client.get(f"/staf/participants/participant/{person.pk}/change/").status_code == 200
    assert client.get(f"/staf/participants/registration/{other.pk}/change/").status_code == 404
    assert leaks(client, f"/staf/participants/participant/{person.pk}/change/") == []


@pytest.mark.parametrize("role", ["coordinator", "ministry", "editor"])
@pytest.mark.parametrize("guardian", ["asked", "refused", "expired"])
def test_minor_before_the_yes_is_a_masked_name_and_a_count(role: str, guardian: str, world: World) -> None:
    """No list, page or search of staff shows more, whatever the child typed before."""
    child = world.a["child"]
    Participant.objects.filter(pk=child.participant_id).update(full_name="Zulaikha Rahasia", phone="+628990001112")
    Registration.objects.filter(pk=child.pk).update(guardian="given")  # the database takes no need before the yes
    need = AccessibilityRequest.objects.create(registration=child, need="kursi roda", asked_at="2025-12-02T00:00Z")
    Registration.objects.filter(pk=child.pk).update(guardian="asked")
    if guardian != "asked":
        Registration.objects.filter(pk=child.pk).update(
            guardian=guardian, place="released", released_at="2025-12-03T00:00Z", release_reason=f"guardian_{guardian}"
        )
    client = client_of(world, role)
    session = world.a["programs.TrainingSession"].pk
    paths = [*LISTS, f"{LISTS[0]}?q=Zulaikha", "/staf/participants/registration/?q=Zulaikha"]
    paths += [
        "/staf/participants/participant/?q=%2B628990001112",
        f"/staf/participants/registration/{child.pk}/change/",
    ]
    paths += [f"/staf/participants/registration/{child.pk}/batal/", f"/staf/programs/trainingsession/{session}/hadir/"]
    paths += [f"/staf/participants/accessibilityrequest/{need.pk}/{page}/" for page in ("change", "history", "jawab")]
    paths += [f"/staf/participants/participant/{child.participant_id}/change/"]
    for path in paths:
        text = told(answered(client, "GET", path))
        for secret in ("Zulaikha", "Rahasia", "+628990001112", "8990001112", "kursi roda"):
            assert secret not in text, (path, secret)
        assert not re.search(r"\b2009\b", text), path  # the birth year, and no digits of a random request id
    assert "Z*** R***" in answered(client, "GET", "/staf/participants/registration/").content.decode()
    assert answered(client, "GET", paths[-1]).status_code == 404


def test_minor_after_the_yes_is_seen_like_everybody(client: Client, world: World) -> None:
    child = world.a["child"]
    Participant.objects.filter(pk=child.participant_id).update(full_name="Zulaikha Terbuka")
    Registration.objects.filter(pk=child.pk).update(guardian="given")
    assert "Zulaikha Terbuka" in client.get("/staf/participants/registration/").content.decode()
    assert client.get(f"/staf/participants/participant/{child.participant_id}/change/").status_code == 200


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
    assert (health.waiting, health.failed) == (1, 0)
    everything = client_of(world, "ministry").get("/staf/").context["ledger"]
    assert (everything.waiting, everything.failed) == (2, 7)


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


# --- Accounts


def test_account_manager_gives_roles_but_not_to_themselves(world: World) -> None:
    client, manager = client_of(world, "accounts"), world.users["accounts"]
    assert manager is not None
    own = client.get(f"/staf/accounts/user/{manager.pk}/change/")
    assert own.status_code == 200
    assert manager.password not in own.content.decode()
    body = {"email": "baru@example.go.id", "name": "Baru", "is_active": "on", "groups": [manager.groups.get().pk]}
    assert client.post(f"/staf/accounts/user/{manager.pk}/change/", body).status_code == 403
    assert client.post("/staf/accounts/user/add/", body | {"password": "pendek"}).status_code == 200
    assert not User.objects.filter(email="baru@example.go.id").exists()
    added = client.post("/staf/accounts/user/add/", body | {"password": "kunci-panjang-yang-baru"})
    assert added.status_code == 302
    user = User.objects.get(email="baru@example.go.id")
    assert user.is_staff
    assert not user.is_superuser
    assert user.check_password("kunci-panjang-yang-baru")


def test_forged_account_form_makes_no_superuser(world: World) -> None:
    client, target = client_of(world, "accounts"), world.users["coordinator"]
    assert target is not None
    body = {"email": target.email, "name": "A", "is_active": "on", "is_superuser": "on", "is_staff": ""}
    client.post(f"/staf/accounts/user/{target.pk}/change/", body | {"user_permissions": "1", "groups": []})
    target.refresh_from_db()
    assert (target.is_superuser, target.is_staff, target.name) == (False, True, "A")
    assert not target.user_permissions.exists()


def test_superusers_and_participants_are_not_in_the_accounts_list(world: World) -> None:
    client = client_of(world, "accounts")
    boss, participant = world.users["superuser"], world.users["participant"]
    assert boss is not None
    assert participant is not None
    for user in (boss, participant):
        assert client.get(f"/staf/accounts/user/{user.pk}/change/").status_code == 404
        assert user.email not in client.get("/staf/accounts/user/").content.decode()
