from participants.models.accessibility import AccessibilityRequest
from participants.models.account_requests import AccountRequest
from participants.models.appeals import Appeal
from participants.models.approvals import Approval
from participants.models.attendance import Attendance, AttendanceFact, Mark
from participants.models.broadcasts import Broadcast
from participants.models.consents import Consent
from participants.models.deeds import Deed
from participants.models.drafts import Draft
from participants.models.erasures import Erasure
from participants.models.exports import AttendanceExport, ExportPart, ExportSchedule
from participants.models.imports import RegistrationImport
from participants.models.invitations import Invitation
from participants.models.login_codes import LoginCode, SpentProof, WaitingTurn
from participants.models.merges import Merge
from participants.models.notes import Note
from participants.models.notifications import LOST, Heartbeat, Notification
from participants.models.opening_alerts import OpeningAlert
from participants.models.opt_outs import OptOut
from participants.models.participants import Participant
from participants.models.recoveries import AddressChange
from participants.models.registrations import GuardianRequest, Registration, TicketChange
from participants.models.saved_filters import SavedFilter
from participants.models.scanners import DoorRule, DoubtfulScan, Scanner, WrongCode
from participants.models.tallies import Tally, TallyCount

__all__ = [
    "LOST",
    "AccessibilityRequest",
    "AccountRequest",
    "AddressChange",
    "Appeal",
    "Approval",
    "Attendance",
    "AttendanceExport",
    "AttendanceFact",
    "Broadcast",
    "Consent",
    "Deed",
    "DoorRule",
    "DoubtfulScan",
    "Draft",
    "Erasure",
    "ExportPart",
    "ExportSchedule",
    "GuardianRequest",
    "Heartbeat",
    "Invitation",
    "LoginCode",
    "Mark",
    "Merge",
    "Note",
    "Notification",
    "OpeningAlert",
    "OptOut",
    "Participant",
    "Registration",
    "RegistrationImport",
    "SavedFilter",
    "Scanner",
    "SpentProof",
    "Tally",
    "TallyCount",
    "TicketChange",
    "WaitingTurn",
    "WrongCode",
]
