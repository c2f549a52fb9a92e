"""What every mail carries in its head."""

import pytest

from participants.messages.mails import REHEARSED, mail
from participants.models import Notification
from participants.operations import message_facts
from tests.factories import DURING_REGISTRATION, make_session, register

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_rehearsal", [True, False])
def test_mail_says_the_rehearsed_time_in_a_rehearsal_alone(settings, is_rehearsal):
    settings.REHEARSAL = is_rehearsal
    registration = register(make_session())
    (row,) = message_facts.read(Notification.objects.filter(registration=registration).values_list("pk", flat=True))

    written = mail(row, now=DURING_REGISTRATION).extra_headers.get(REHEARSED)

    assert written == (DURING_REGISTRATION.isoformat(timespec="seconds") if is_rehearsal else None)
