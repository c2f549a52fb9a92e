"""The door, the registration, one's own page, and the page that a guardian's letter leads to."""

from django.conf import settings
from django.urls import path

from participants.views import (
    absences,
    address_changes,
    addresses,
    appeals,
    comings,
    consents,
    door,
    guardian,
    invitations,
    message_proofs,
    my_page,
    offers,
    opening_alerts,
    opt_outs,
    privacy,
    profiles,
    registration,
    scanners,
    self_checkins,
    switches,
    tickets,
)

urlpatterns = [
    path("masuk/", door.door, name="door"),
    path("masuk/kode/", door.door_code, name="door_code"),
    path("masuk/bantuan/", door.door_help, name="door_help"),
    path("keluar/", door.logout, name="logout"),
    path("privasi/", privacy.privacy, name="privacy"),
    path("surat/", message_proofs.message_proof, name="message_proof"),
    path("daftar/<slug:slug>/", registration.register, name="register"),
    path("daftar/<slug:slug>/draf/", registration.draft, name="draft"),
    path("undangan/<str:token>/", invitations.invitation, name="staff_invitation"),
    path("saya/", my_page.my_page, name="my_page"),
    path("saya/batal/", my_page.cancel, name="cancel"),
    path("saya/kursi/", offers.accept_offer, name="accept_offer"),
    path("saya/kursi/lepas/", offers.decline_offer, name="decline_offer"),
    path("saya/pindah/", switches.switch, name="switch"),
    path("saya/datang/", comings.answer_coming, name="answer_coming"),
    path("saya/data/", profiles.profile, name="profile"),
    path("saya/data/unduh/", profiles.own_data, name="own_data"),
    path("saya/alamat/", addresses.addresses, name="addresses"),
    path("saya/alamat/ganti/", address_changes.address_change, name="address_change"),
    path("saya/wali/", my_page.guardian_again, name="guardian_again"),
    path("saya/kalender.ics", my_page.calendar, name="calendar"),
    path("saya/tidak-datang/", absences.absence, name="absence"),
    path("keberatan/", appeals.appeal, name="appeal"),
    path("tawaran/<str:token>/", offers.offer, name="offer"),
    path("datang/<str:token>/", comings.coming, name="coming"),
    path("kabari/<str:code>/", opening_alerts.opening_alert, name="opening_alert"),
    path("kabari/<str:code>/batal/", opening_alerts.opening_alert_withdraw, name="opening_alert_withdraw"),
    path("berhenti/<str:token>/", opt_outs.opt_out, name="opt_out"),
    path("saya/kabar/", opt_outs.opt_in, name="opt_in"),
    path("saya/tiket/", tickets.ticket, name="ticket"),
    path("saya/tiket/ganti/", tickets.ticket_replace, name="ticket_replace"),
    path("saya/tiket/luring.js", tickets.ticket_worker, name="ticket_worker"),
    path("saya/hadir/", self_checkins.check_in, name="check_in"),
    path("saya/persetujuan/", consents.my_consents, name="my_consents"),
    path("pemindai/", scanners.scanner, name="scanner"),
    path("pemindai/aplikasi.webmanifest", scanners.manifest, name="scanner_manifest"),
    path("pemindai/luring.js", scanners.worker, name="scanner_worker"),
    path("pemindai/pasang/", scanners.pair, name="scanner_pair"),
    path("pemindai/kirim/", scanners.exchange, name="scanner_exchange"),
    path("wali/<str:token>/", guardian.guardian, name="guardian"),
]

if settings.GOOGLE_CLIENT_ID:
    from participants.views.google import google

    urlpatterns.append(path("masuk/google/", google, name="google"))
