"""Every reason to say no: a code of its own, a sentence and a remedy in both languages, and whom to object to."""

import inspect
import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.urls import get_resolver
from django.utils import translation

from participants.models import Merge
from participants.operations import appeals
from participants.operations.refusals import Refused
from participants.outcomes import RELEASED
from tests.factories import DURING_REGISTRATION

assert get_resolver().url_patterns  # every view and admin page is loaded, and with them every refusal
GIVEN = {
    "birth_date": date(1990, 1, 1),
    "born_from": date(1997, 1, 1),
    "born_until": date(2012, 12, 31),
    "cells": [],
    "guesses_left": 2,
    "later": Merge(pk=7, at=DURING_REGISTRATION),
    "registration": None,
    "retry_at": DURING_REGISTRATION,
    "session": SimpleNamespace(region=SimpleNamespace(city="Jayapura")),
}
# Why nobody is asked to decide again.
NO_APPEAL = {
    "the entry can be mended": {
        "broadcast_written",
        "consent_missing",
        "edition_name_of_another",
        "form_of_another",
        "form_used",
        "google_address_unproven",
        "guardian_is_the_child",
        "guardian_needed",
        "inbox_is_somebody_elses",
        "name_differs",
        "no_recovery_address",
        "number_missing",
        "nothing_chosen",
        "other_edition",
        "profile_incomplete",
        "same_inbox",
        "same_session",
        "signature_missing",
    },
    "time or another try helps": {
        "busy",
        "busy_moving",
        "code_is_dead",
        "crowd",
        "google_answer_lost",
        "google_away",
        "google_cancelled",
        "line_is_full",
        "mark_changed",
        "no_code",
        "not_proven_now",
        "not_your_turn",
        "registered_meanwhile",
        "too_many_appeals",
        "too_many_tickets",
        "self_checkin_closed",
        "too_many_codes",
        "too_many_pairing_codes",
        "too_many_guesses",
        "too_many_letters",
        "too_many_mails",
        "too_many_tries",
        "wrong_code",
        "wrong_wall_code",
    },
    "it stands as it was wished, or the page says what became of it": {
        "absence_said_before",
        "no_ticket_to_replace",
        "ticket_replaced_before",
        "already_appealed",
        "already_registered",
        "no_day_to_miss",
        "no_offer",
        "not_asked",
        "not_live",
        "self_checkin_not_confirmed",
        "nothing_to_appeal",
        "nothing_to_take_back",
        "nothing_to_withdraw",
        "open_already",
    },
    "the law, or the guardian, decides": {
        "answer_too_late",
        "answered_before",
        "guardian_first",
        "guardian_needed_there",
        "link_replaced",
        "only_for_adults",
    },
    "nobody can log in to object": {"account_is_off", "account_switched_off"},
}
TOLD_AS = r"\":|fromkeys\([\w.]+,"  # in a table for `constraints.told_as`


def refusals(root=Refused):
    for kind in root.__subclasses__():
        if not kind.__module__.startswith("tests."):
            yield kind
        yield from refusals(kind)


def said(kind, language):
    with translation.override(language):
        wanted = inspect.signature(kind.__init__).parameters
        refusal = kind(**{name: GIVEN[name] for name in wanted if name in GIVEN})
        return str(refusal.sentence), str(refusal.remedy), str(refusal)


@pytest.mark.parametrize("kind", sorted(refusals(), key=lambda kind: f"{kind.__module__}.{kind.__name__}"))
def test_every_refusal_has_a_code_a_sentence_and_a_remedy_in_both_languages(kind):
    assert kind.code.replace("_", "").isalpha()
    for language in ("id", "en"):
        sentence, remedy, whole = said(kind, language)
        assert sentence.endswith("."), sentence
        assert remedy.endswith("."), remedy
        assert whole.startswith(f"{sentence} {remedy} ")
        assert whole.endswith(f" {kind.code}")
    assert not set(said(kind, "id")[:2]) & set(said(kind, "en")[:2])


def test_a_code_names_one_refusal():
    codes = [kind.code for kind in refusals()]

    assert {code for code in codes if codes.count(code) > 1} == set()


def test_what_stands_among_operations_is_raised_by_one():
    """What only a view says no to stands among the views."""
    operations = [Path(path).read_text() for path in Path(appeals.__file__).parent.glob("*.py")]
    for kind in refusals():
        if kind.__module__.startswith("participants.operations."):
            said = re.compile(rf"(raise|return|Refused =|{TOLD_AS}) [\w.]*\b{kind.__name__}\b")
            assert any(said.search(source) for source in operations), kind


def test_whoever_is_refused_by_a_decision_can_object_to_it_and_all_else_is_no_decision():
    appeals_to = {kind.code: kind.appeal for kind in refusals() if kind.appeal}

    assert appeals_to == {
        "already_begun": "already_begun",
        "birth_date_differs": "wrong_data",
        "birth_date_settled": "wrong_data",
        "data_is_fixed": "wrong_data",
        "guardian_said_no": "guardian_said_no",
        "not_eligible": "not_eligible",
        "not_open_yet": "not_open_yet",
        "registration_closed": "registration_closed",
        "session_cancelled": "session_cancelled",
        "session_full": "full",
        "too_many_guardian_requests": "too_many_guardian_requests",
        "too_many_switches": "too_many_switches",
    }
    assert set(appeals_to.values()) | {"attendance"} == set(appeals._WHY)  # what was recorded is no refusal
    participants = [kind for kind in refusals() if kind.code not in appeals_to and not is_staffs(kind)]
    assert {kind.code for kind in participants} == set.union(*NO_APPEAL.values())


def is_staffs(kind):
    """Refusals that only staff can meet."""
    return f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}" in {
        "approvals.DecidedBefore",
        "approvals.SamePerson",
        "groups.TooManyGroups",
        "appeals.TakenBack",
        "account_changes.AddressInUse",
        "account_changes.OwnAccount",
        "account_changes.RolesDoNotMix",
        "account_requests.NotAThird",
        "account_requests.RequestOver",
        "invitations.AccountOff",
        "invitations.InvitationOver",
        "second_persons.AskerWithoutRight",
        "second_persons.NotIndependent",
        "second_persons.TooNew",
        "imports.ImportMovedOn",
        "imports.RowsWithErrors",
        "imports.UndoWaits",
        "import_work.LookalikeGone",
        "import_work.RowOutOfDate",
        "import_work.SamePersonTwice",
        "programs.EditionExists",
        "programs.NothingToPublish",
        "programs.PeopleAreToCome",
        "programs.RegionIsBusy",
        "recoveries.TooManyReplaced",
        "samples.JustMailed",
        "saved_filters.TooManyFilters",
        "scans.DeviceIsThere",
        "merges.BirthDateDecides",
        "merges.BothRegistered",
        "merges.ChangedSince",
        "merges.GuardianOrConsentOpen",
        "merges.LaterMergeElsewhere",
        "merges.LaterMergeFirst",
        "meanwhile.ChangedMeanwhile",
        "merges.OutsideYourRegions",
        "merges.SaidAtThatMoment",
        "merges.SameRecord",
        "merges.StaffAccount",
        "merges.UndoIsOver",
        "moves.GuardianMissingThere",
        "moves.InThatSession",
        "moves.NoSeatThere",
        "moves.NotOfferedHere",
        "moves.NotWaiting",
        "moves.ReleasedBefore",
        "moves.TrainingBegan",
        "walk_ins.AddressOfAnother",
        "walk_ins.GuardianNotThere",
        "walk_ins.NoSeatLeft",
        "walk_ins.NotRunning",
        "walk_ins.OutsideTheWindow",
        "walk_ins.RegisteredAlready",
        "accessibility.AnsweredBefore",
        "accessibility.NeedChanged",
        "accessibility.NobodyComes",
        "accessibility.TakenBefore",
        "appeals.AnsweredBefore",
        "attendance.DayInFuture",
        "attendance.NotADayOfSession",
        "attendance.NothingToUndo",
        "broadcasts.NobodyMeant",
        "attendance.NotInCohort",
        "exports.NotAsked",
        "export_files.NotThere",
        "exports.NotYours",
        "exports.SamePerson",
        "profiles.OutsideTheWindow",
        "profiles.TooLateToAsk",
        "recoveries.AddressTaken",
        "recoveries.SameAddress",
        "scanners.AskedTooOften",
        "scanners.CodeIsUnknown",
        "scanners.ScannerIsDead",
        "scans.AnsweredDoubt",
        "scans.NobodyToCount",
        "recoveries.StaffHaveNone",
        "sessions.AlreadyStarted",
        "sessions.DaysDoNotFit",
    }


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_outcome_has_a_sentence_and_a_remedy(language):
    with translation.override(language):
        for reason, outcome in RELEASED.items():
            assert str(outcome.sentence).endswith("."), reason
            assert str(outcome.remedy).endswith("."), reason


def test_what_somebody_did_by_themselves_is_no_decision():
    own = {"cancelled_by_self", "consent_withdrawn", "left_queue", "offer_declined", "switched"}

    assert {reason for reason, outcome in RELEASED.items() if not outcome.is_decision} == own
