"""Three people: who asks, who says yes, and whose account it is."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from participants.models import AccountRequest, Deed, Notification
from participants.operations import account_changes, account_requests, deeds, invitations, second_persons
from portal.roles import COORDINATOR, EDITOR
from tests.factories import DURING_REGISTRATION as NOW
from tests.factories import make_user
from tests.participants.operations.sending import text, tick_and_deliver
from tests.races import at_once
from tests.staff import make_staff, make_superuser, sign_in

pytestmark = pytest.mark.django_db
Kind = AccountRequest.Kind


def ask(kind=Kind.FACTOR, *, account=None, by=None, **fields):
    account = account or make_staff("ministry")
    return account_requests.ask(kind, account=account, by=by or make_staff("accounts"), now=NOW, **fields)


def decide(asked, *, by=None, yes=True, now=NOW):
    return account_requests.decide(request=asked, yes=yes, by=by or make_staff("accounts"), now=now)


def test_yes_takes_the_second_factor_off_once():
    account = make_staff("ministry")
    TOTP.activate(account, generate_totp_secret())
    asked, other = ask(account=account), make_staff("accounts")
    decide(asked, by=other)
    assert not account.authenticator_set.exists()
    assert Deed.objects.about(account).get().changed == {"reset_second_factor": None}
    told = Notification.objects.filter(kind="staff_changed").values_list("account", flat=True)
    assert set(told) == {account.pk, asked.asked_by_id}
    with pytest.raises(account_requests.RequestOver):
        decide(asked)


@pytest.mark.parametrize("proofs", [["password", "mfa"], ["password"]])
def test_yes_to_a_lost_factor_ends_the_sessions_that_are_open_and_leaves_the_password(proofs):
    account, other = make_staff("ministry"), make_staff("ministry")
    TOTP.activate(account, generate_totp_secret())
    open_ones = [sign_in(Client(), account, proofs=proofs) for _browser in range(2)]
    bystander, enrol = sign_in(Client(), other), reverse("mfa_activate_totp")
    decide(ask(account=account))

    for client in open_ones:
        assert client.get(enrol).status_code == 302
        assert "_auth_user_id" not in client.session
    assert bystander.get("/staf/").status_code == 200
    who = {"login": account.email, "password": "kunci-rahasia-uji-2025"}
    assert open_ones[0].post(reverse("account_login"), who).status_code == 302
    assert open_ones[0].get(enrol).status_code == 200


def test_no_to_a_lost_factor_ends_no_session():
    account = make_staff("ministry")
    client = sign_in(Client(), account)
    decide(ask(account=account), yes=False)
    assert client.get("/staf/").status_code == 200


def test_yes_gives_the_role():
    asked = ask(Kind.ROLE, role=EDITOR)
    decide(asked, by=make_superuser())
    assert EDITOR in {role.name for role in asked.account.groups.all()}


def test_yes_moves_the_address_ends_links_and_tells_the_address_before(mails):
    account, by = make_staff("ministry", email="lama@example.go.id"), make_staff("accounts")
    link = invitations.send_link(account=account, by=by, now=NOW)
    decide(ask(Kind.ADDRESS, account=account, by=by, email="baru@example.go.id"))
    tick_and_deliver(NOW)
    account.refresh_from_db()
    assert account.email == "baru@example.go.id"
    assert not invitations.opens(type(link).objects.get(pk=link.pk), NOW)
    sent = {mail["To"]: mail for mail in mails.mails}
    assert "tidak lagi membuka akun itu" in text(sent["lama@example.go.id"])
    assert {"lama@example.go.id", "baru@example.go.id", by.email} == set(sent)


def test_no_or_a_day_gone_by_changes_nothing():
    account = make_staff("ministry")
    TOTP.activate(account, generate_totp_secret())
    decide(ask(account=account), yes=False)
    with pytest.raises(account_requests.RequestOver):
        decide(ask(account=account), now=NOW + account_requests.VALID)
    assert account.authenticator_set.exists()


def test_who_asks_whose_it_is_and_who_manages_nothing_are_no_third():
    account = make_staff("accounts")
    asked = ask(account=account)
    for by in (asked.asked_by, account, make_staff("editor")):
        with pytest.raises(account_requests.NotAThird):
            decide(asked, by=by)


def test_newcomer_decides_after_a_day_and_not_before():
    asked, new = ask(), make_staff("accounts")
    deeds.note(Deed.What.JOINED, about=new, by=new, now=NOW - timedelta(hours=20))
    with pytest.raises(second_persons.TooNew):
        decide(asked, by=new)
    decide(asked, by=new, now=NOW + timedelta(hours=4))


def test_asker_who_manages_no_more_gets_no_yes_and_a_withdrawn_ones_requests_are_over():
    by, other = make_staff("accounts"), make_staff("accounts")
    asked = ask(by=by)
    by.groups.clear()
    with pytest.raises(second_persons.AskerWithoutRight):
        decide(asked)
    invitations.withdraw(account=by, by=other, now=NOW)
    assert not AccountRequest.objects.open(NOW).exists()


def test_yes_that_came_too_late_for_its_rule_changes_nothing():
    taken, mixed = ask(Kind.ADDRESS, email="baru@example.go.id"), ask(Kind.ROLE, role=EDITOR)
    make_user(email="baru@example.go.id")
    mixed.account.groups.set(Group.objects.filter(name=COORDINATOR))
    with pytest.raises(account_changes.AddressInUse):
        decide(taken)
    with pytest.raises(account_changes.RolesDoNotMix):
        decide(mixed)
    assert AccountRequest.objects.open(NOW).count() == 2


@pytest.mark.parametrize("who", ["asked_by", "account"])
def test_raw_sql_cannot_make_one_person_two(who):
    asked = ask()
    with pytest.raises(IntegrityError, match="account_request_by_three_people"), transaction.atomic():
        AccountRequest.objects.filter(pk=asked.pk).update(verdict="yes", decided_by=getattr(asked, who), decided_at=NOW)
    with pytest.raises(IntegrityError, match="account_request_by_three_people"), transaction.atomic():
        AccountRequest.objects.filter(pk=asked.pk).update(asked_by=asked.account)


@pytest.mark.django_db(transaction=True)
def test_two_who_say_yes_at_once_are_one_yes():
    asked, others = ask(Kind.ROLE, role=EDITOR), [make_staff("accounts") for _number in range(3)]
    results = at_once([partial(decide, asked, by=other) for other in others])
    assert Counter(type(result) for result in results) == {AccountRequest: 1, account_requests.RequestOver: 2}
