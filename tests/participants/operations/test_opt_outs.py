"""Optional messages are turned off and on again; what must be known goes out all the same."""

from datetime import datetime, timedelta

import pytest

from participants import queries, tokens
from participants.models import Notification, OpeningAlert, OptOut
from participants.operations import broadcasts, claims, message_facts, opening_alerts, opt_outs, reminders
from programs.models import Channel, ReminderRule
from tests.factories import OPENS, WIB, make_coordinator, make_participant, make_rule, make_session, make_user
from tests.participants.operations.sending import NOW, deliver, register, tick_and_deliver

pytestmark = pytest.mark.django_db
EVE = datetime(2025, 12, 15, 18, tzinfo=WIB)
MORNING = EVE + timedelta(hours=12)
TEXT = broadcasts.Text("Judul", "Isi")


@pytest.fixture
def session():
    """With an optional reminder on the eve, and a mandatory and an optional one on each morning."""
    session = make_session()
    make_rule(session.program, is_optional=True)
    each = {"anchor": "each_day", "offset_days": 0, "at": "06:00", "useful_at": "10:00", "is_urgent": True}
    make_rule(session.program, slug="must", **each)
    make_rule(session.program, slug="may", is_optional=True, **each)
    return session


def choice_of(row):
    found = opt_outs.find(tokens.unsubscribe_token(row.public_id))
    assert found is not None
    return found


def outcomes(registration, kind="reminder"):
    rows = registration.notifications.filter(kind=kind).order_by("due_at", "occurrence")
    return [(row.occurrence, row.state, row.reason) for row in rows]


def test_one_rule_that_is_turned_off_sends_no_more_and_the_others_do(session, mails):
    registration = register(session)
    other = register(session, email="other@example.com")
    reminders.plan(now=MORNING)
    deliver(MORNING, "bulk")
    first = registration.notifications.get(occurrence="may:1")

    opt_outs.turn_off(choice_of(first), now=MORNING)
    opt_outs.turn_off(choice_of(first), now=MORNING)  # a second press
    tomorrow = MORNING + timedelta(days=1)
    reminders.plan(now=tomorrow)
    deliver(tomorrow, "bulk")

    assert outcomes(registration)[-2:] == [("may:2", "cancelled", "unsubscribed"), ("must:2", "sent", "")]
    assert outcomes(other)[-2:] == [("may:2", "sent", ""), ("must:2", "sent", "")]
    assert OptOut.objects.count() == 1

    opt_outs.turn_on(registration.participant.user, topic="reminder", rule=choice_of(first).rule)
    after = MORNING + timedelta(days=2)
    reminders.plan(now=after)
    deliver(after, "bulk")
    assert outcomes(registration)[-2:] == [("may:3", "sent", ""), ("must:3", "sent", "")]


def test_a_choice_waits_while_the_rule_is_mandatory(session, mails):
    registration = register(session)
    rule = session.program.reminder_rules.get(slug="eve")
    opt_outs.turn_off(OptOut(account=registration.participant.user, topic="reminder", rule=rule), now=NOW)
    ReminderRule.objects.filter(pk=rule.pk).update(is_optional=False)

    reminders.plan(now=EVE)
    deliver(EVE, "bulk")

    assert outcomes(registration) == [("eve:1", "sent", "")]


def test_what_waits_and_what_is_in_hand_is_called_off(session, mails):
    registration = register(session)
    reminders.plan(now=EVE)
    (waits,) = registration.notifications.filter(kind="reminder")
    claimed = claims.claim("bulk", EVE)
    (in_hand,) = message_facts.read(claimed)

    opt_outs.turn_off(choice_of(waits), now=EVE)

    assert not claims.mark(in_hand, Channel.MAIL)
    assert outcomes(registration) == [("eve:1", "cancelled", "unsubscribed")]
    assert mails.mails == []


def test_timeline_and_dry_run_leave_out_who_turned_it_off(session):
    off, _on = register(session), register(session, email="other@example.com")
    rule = session.program.reminder_rules.get(slug="eve")
    opt_outs.turn_off(OptOut(account=off.participant.user, topic="reminder", rule=rule), now=NOW)

    assert {row.rule_id: row.people for row in queries.timeline([session.pk])}[rule.pk] == 1
    rule.is_on = False
    assert reminders.difference(rule=rule, now=NOW).fewer == 1
    rule.is_on, rule.is_optional = True, False
    assert reminders.difference(rule=rule, now=NOW).more == 1


def test_news_of_staff_that_are_optional_skip_who_wants_none(session, mails):
    off, on = register(session), register(session, email="other@example.com")
    staff = make_coordinator(session.region)

    def write(key, is_optional):
        return broadcasts.write(
            session=session, audience="all", text=TEXT, is_optional=is_optional, form_key=key, by=staff, now=NOW
        )

    first = write("00000000-0000-0000-0000-000000000001", True)
    opt_outs.turn_off(choice_of(off.notifications.get(kind="broadcast")), now=NOW)  # within the five minutes
    second = write("00000000-0000-0000-0000-000000000002", True)
    must = write("00000000-0000-0000-0000-000000000003", False)
    deliver(NOW + timedelta(minutes=5), "bulk")

    assert (first.people, second.people, must.people) == (2, 1, 2)
    assert outcomes(off, "broadcast") == [
        (first.occurrence, "cancelled", "unsubscribed"),
        (must.occurrence, "sent", ""),
    ]
    assert [state for _row, state, _why in outcomes(on, "broadcast")] == ["sent"] * 3


def test_news_of_openings_end_and_are_asked_for_again(mails):
    session, before = make_session(), OPENS - timedelta(days=1)
    account = make_user(email="newcomer@example.com")
    opening_alerts.ask(account=account, region=session.region, now=before)
    opening_alerts.tell_due(now=OPENS)
    row = Notification.objects.get(kind="region_open")
    OpeningAlert.objects.create(account=account, region=make_session().region, asked_at=before)

    opt_outs.turn_off(choice_of(row), now=OPENS)
    deliver(OPENS)

    row.refresh_from_db()
    assert (row.state, row.reason, mails.mails) == ("cancelled", "unsubscribed", [])
    assert not OpeningAlert.objects.waiting().exists()

    again = make_session(program=session.program, status="draft")
    opening_alerts.ask(account=account, region=again.region, now=OPENS)
    assert not OptOut.objects.exists()


def test_headers_and_link_stand_on_optional_mails_alone(session, mails):
    registration = register(session)
    tick_and_deliver(NOW)
    reminders.plan(now=EVE)
    deliver(EVE, "bulk")
    reminders.plan(now=MORNING)
    deliver(MORNING, "bulk")

    rows = {str(row.public_id): row for row in Notification.objects.all()}
    told = {rows[mail["Message-ID"][1:].partition("@")[0]].occurrence or "registered": mail for mail in mails.mails}
    assert set(told) == {"registered", "eve:1", "must:1", "may:1"}
    for occurrence, mail in told.items():
        is_optional = occurrence in ("eve:1", "may:1")
        text, html = (mail.get_body([kind]).get_content() for kind in ("plain", "html"))
        assert ("List-Unsubscribe" in mail, "List-Unsubscribe-Post" in mail) == (is_optional, is_optional)
        assert ("/berhenti/" in text, "/berhenti/" in html) == (is_optional, is_optional)
    mail, row = told["eve:1"], registration.notifications.get(occurrence="eve:1")
    link = f"http://testserver/berhenti/{tokens.unsubscribe_token(row.public_id)}/"
    assert mail["List-Unsubscribe"].strip() == f"<{link}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in mail.get_body(["plain"]).get_content()


def test_link_of_a_mandatory_message_or_of_somebody_erased_leads_nowhere(session):
    registration = register(session)
    confirmation = registration.notifications.get(kind="registered")
    assert opt_outs.find(tokens.unsubscribe_token(confirmation.public_id)) is None

    reminders.plan(now=EVE)
    reminder = registration.notifications.get(kind="reminder")
    registration.participant.user.is_active = False
    registration.participant.user.save()
    assert opt_outs.find(tokens.unsubscribe_token(reminder.public_id)) is None
    assert opt_outs.find(tokens.coming_token(reminder.public_id)) is None  # made for another purpose


@pytest.mark.parametrize("people", [1, 3])
def test_what_is_optional_costs_one_query_more(session, people, django_assert_num_queries):
    for number in range(people):
        register(session, participant=make_participant(user=make_user(email=f"p{number}@example.com")))
    reminders.plan(now=EVE)
    pks = list(Notification.objects.filter(kind="reminder").values_list("pk", flat=True))
    ReminderRule.objects.update(is_optional=False)
    with django_assert_num_queries(6):
        message_facts.read(pks)

    ReminderRule.objects.update(is_optional=True)
    with django_assert_num_queries(7):
        message_facts.read(pks)
