from participants.models.attendance import Attendance, AttendanceFact, Mark
from participants.models.consents import Consent
from participants.models.drafts import Draft
from participants.models.exports import AttendanceExport
from participants.models.login_codes import LoginCode
from participants.models.notifications import Heartbeat, Notification
from participants.models.participants import Participant
from participants.models.registrations import GuardianRequest, Registration

__all__ = [
    "Attendance",
    "AttendanceExport",
    "AttendanceFact",
    "Consent",
    "Draft",
    "GuardianRequest",
    "Heartbeat",
    "LoginCode",
    "Mark",
    "Notification",
    "Participant",
    "Registration",
]
