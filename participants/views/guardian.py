"""The page that a guardian's letter leads to. Reading it changes nothing; an answer is typed and pressed."""

from __future__ import annotations

from contextlib import suppress

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from participants import consent_texts
from participants.forms import GuardianAnswerForm, GuardianWithdrawalForm
from participants.models import Consent, GuardianRequest
from participants.operations import guardian_requests, guardians, withdrawals
from participants.operations.refusals import Refused
from participants.views.links import private
from portal import clock, languages

Answer = GuardianRequest.Answer


@login_not_required
@sensitive_post_parameters()
@sensitive_variables("token")
def guardian(request: HttpRequest, token: str) -> HttpResponse:
    """Say who asks for what, and take the answer of whoever holds the link; no login, and read as often as wanted."""
    question = guardian_requests.find(token)
    if question is None:
        return private(render(request, "participants/guardian_unknown.html", status=404))
    if request.method != "POST":
        return _show(request, question, GuardianAnswerForm())
    if "withdraw" in request.POST:
        return _withdraw(request, question, token)
    if "misdirected" in request.POST:
        with suppress(Refused):  # the page says what became of the question
            guardians.say_misdirected(request=question, now=clock.now())
        return private(redirect("guardian", token))
    form = GuardianAnswerForm(request.POST)
    if not form.is_valid():
        return _show(request, question, form, status=422)
    with suppress(Refused):  # the page says what became of the question
        guardians.answer(
            request=question,
            agrees=form.cleaned_data["answer"] == "yes",
            signer_name=form.cleaned_data["signer_name"],
            signer_relation=form.cleaned_data["signer_relation"],
            language=languages.current(),
            now=clock.now(),
        )
    return private(redirect("guardian", token))


def _withdraw(request: HttpRequest, question: GuardianRequest, token: str) -> HttpResponse:
    """Take the yes back, as deliberately as it was given."""
    form = GuardianWithdrawalForm(request.POST)
    if not form.is_valid():
        return _show(request, question, GuardianAnswerForm(), withdrawal=form)
    try:
        withdrawals.withdraw_as_guardian(
            request=question, signer_name=form.cleaned_data["signer_name"], now=clock.now()
        )
    except withdrawals.NameDiffers as refusal:
        return _show(request, question, GuardianAnswerForm(), withdrawal=form, refusal=refusal)
    except Refused:
        pass  # the page says what became of it
    return private(redirect("guardian", token))


def _show(
    request: HttpRequest,
    question: GuardianRequest,
    form: GuardianAnswerForm,
    *,
    status: int = 200,
    withdrawal: GuardianWithdrawalForm | None = None,
    refusal: Refused | None = None,
) -> HttpResponse:
    now = clock.now()
    registration = question.registration
    is_misdirected = question.answer == Answer.OPEN and question.misdirected_at is not None
    is_open = question.is_open(now) and registration.is_live and not is_misdirected
    context = {
        "question": question,
        "registration": registration,
        "session": registration.session,
        "first_name": registration.participant.full_name.split()[0],
        "is_open": is_open,
        "is_misdirected": is_misdirected,
        "is_replaced": question.answer == Answer.REPLACED
        or (question.answer == Answer.OPEN and not registration.is_live),
        "text": consent_texts.shown(Consent.Purpose.TRAINING, languages.current(), Consent.Giver.GUARDIAN),
        "agreed": _agreed(question),
        "form": form,
        "is_withdrawn": withdrawals.was_taken_back(question),
        "refusal": refusal,
    }
    if withdrawals.may_be_taken_back(question):
        context["withdrawal"] = withdrawal or GuardianWithdrawalForm()
        status = 422 if withdrawal else 200
    elif not is_open:
        status = 200
    return private(render(request, "participants/guardian.html", context, status=status))


def _agreed(question: GuardianRequest) -> dict[str, str] | None:
    """The words to which the guardian said yes, and their language."""
    if question.answer != Answer.GIVEN or question.answered_at is None:
        return None
    given = question.registration.participant.consents.filter(
        giver=Consent.Giver.GUARDIAN, given_at=question.answered_at
    )
    consent = given.order_by("-pk").first()
    return {"words": consent_texts.agreed(consent), "language": consent.language} if consent else None
