from participants.models.accessibility import AccessibilityRequest
from participants.models.appeals import Appeal
from participants.models.attendance import Attendance, AttendanceFact, Mark
from participants.models.broadcasts import Broadcast
from participants.models.consents import Consent
from participants.models.drafts import Draft
from participants.models.erasures import Erasure
from participants.models.exports import AttendanceExport
from participants.models.login_codes import LoginCode, SpentProof, WaitingTurn
from participants.models.notifications import UNSETTLED, Heartbeat, Notification
from participants.models.opening_alerts import OpeningAlert
from participants.models.participants import Participant
from participants.models.recoveries import AddressChange
from participants.models.registrations import GuardianRequest, Registration

__all__ = [
    "UNSETTLED",
    "AccessibilityRequest",
    "AddressChange",
    "Appeal",
    "Attendance",
    "AttendanceExport",
    "AttendanceFact",
    "Broadcast",
    "Consent",
    "Draft",
    "Erasure",
    "GuardianRequest",
    "Heartbeat",
    "LoginCode",
    "Mark",
    "Notification",
    "OpeningAlert",
    "Participant",
    "Registration",
    "SpentProof",
    "WaitingTurn",
]
