"""`manage.py take_bounce < mail`: reads one mail that came back, as a mail server's alias pipes it in.

Always exits 0 for a mail that was read, whatever it is: a mail server would send back what it cannot hand over.
"""

import sys

from django.core.management.base import BaseCommand

from participants.messages.reports import read_report
from participants.operations import receipts
from portal import clock

LONGEST = 2_000_000  # bytes; the rest of a longer mail is its own copy of ours


class Command(BaseCommand):
    help = "Writes down that a mail of ours could not be delivered."

    def handle(self, **options: object) -> None:
        report = read_report(sys.stdin.buffer.read(LONGEST))
        if report is None:
            self.stdout.write("not a report of a mail that failed")
        elif receipts.came_back(report, now=clock.database_now()):
            self.stdout.write(f"{report.message_id} came back: {report.status}")
        else:
            self.stdout.write(f"{report.message_id} is no mail of ours that was under way")
