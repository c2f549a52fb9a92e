"""Roles of staff and what each may do: the one table, written into the database by `manage.py sync_roles`."""

from __future__ import annotations

_SEE = [
    "programs.view_trainingsession",
    "programs.view_trainingday",
    "programs.view_venue",
    "programs.view_region",
    "participants.view_participant",
    "participants.view_registration",
    "participants.view_guardianrequest",
    "participants.view_consent",
    "participants.view_notification",
    "participants.view_attendancefact",
    "participants.view_appeal",
    "participants.view_accessibilityrequest",
    "participants.view_addresschange",
    "participants.view_broadcast",
    "participants.view_deed",
    "participants.view_note",
    "participants.view_approval",
    "participants.view_merge",
    "participants.view_registrationimport",
]
_SEE_PROGRAMME = [
    "programs.see_all_regions",
    "programs.view_program",
    "programs.view_partner",
    "programs.view_partnership",
    "programs.view_module",
    "programs.view_reminderrule",
    "programs.view_coordination",
]
_ANSWERS = ["participants.answer_appeal", "participants.answer_accessibilityrequest"]
_ATTENDANCE = [
    "participants.record_attendance",
    "participants.cancel_registration",
    "participants.work_with_cohort",
    "participants.replace_login_address",
    "participants.write_broadcast",
    "participants.merge_people",
]
_EXPORT = [
    "participants.export_attendance",
    "participants.export_personal",
    "participants.view_attendanceexport",
    "participants.view_exportschedule",
]
_CATALOGUE = ["program", "region", "venue", "partner", "partnership", "module", "reminderrule"]

COORDINATOR = "Koordinator wilayah"
MINISTRY = "Staf kementerian"
EDITOR = "Pengelola program"
ACCOUNTS = "Pengelola akun"

ROLES: dict[str, frozenset[str]] = {
    COORDINATOR: frozenset(_SEE + _ATTENDANCE + _ANSWERS),
    MINISTRY: frozenset(_SEE + _SEE_PROGRAMME + _EXPORT),
    EDITOR: frozenset(
        _SEE
        + _SEE_PROGRAMME
        + _ATTENDANCE
        + _ANSWERS
        + _EXPORT
        + [f"programs.{verb}_{model}" for verb in ("add", "change") for model in _CATALOGUE]
        + ["programs.manage_session", "participants.export_addresses"]
        + [f"participants.{verb}_exportschedule" for verb in ("add", "change")]
    ),
    ACCOUNTS: frozenset(
        ["programs.see_all_regions", "programs.view_region"]
        + ["accounts.view_user", "accounts.add_user", "accounts.change_user"]
        + [f"programs.{verb}_coordination" for verb in ("view", "add", "change", "delete")]
    ),
}
