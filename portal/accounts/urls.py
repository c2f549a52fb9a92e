"""The staff's way in: password, second factor (app or passkeys), recovery codes. Nothing else of allauth is there."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.webauthn import views as passkeys
from django.urls import path

from portal.accounts import views
from portal.accounts.staff_gate import may_enrol, may_enter, may_prove

inside, enrolling, proving = views.behind(may_enter), views.behind(may_enrol), views.behind(may_prove)

urlpatterns = [
    path("masuk/", account.login, name="account_login"),
    path("keluar/", views.logout, name="account_logout"),
    path("ulangi/", enrolling(account.reauthenticate), name="account_reauthenticate"),
    path("2fa/", enrolling(mfa.index), name="mfa_index"),
    path("2fa/kode/", views.remembering(views.authenticate), name="mfa_authenticate"),
    path("2fa/ulangi/", proving(views.remembering(views.reauthenticate)), name="mfa_reauthenticate"),
    path("2fa/aplikasi/", enrolling(views.remembering(views.activate_totp)), name="mfa_activate_totp"),
    path("2fa/aplikasi/lepas/", inside(views.deactivate_totp), name="mfa_deactivate_totp"),
    path("2fa/kunci/", enrolling(passkeys.list_webauthn), name="mfa_list_webauthn"),
    path("2fa/kunci/tambah/", enrolling(views.remembering(views.add_passkey)), name="mfa_add_webauthn"),
    path("2fa/kunci/ulangi/", proving(views.remembering(views.prove_passkey)), name="mfa_reauthenticate_webauthn"),
    path("2fa/kunci/<int:pk>/lepas/", inside(views.remove_passkey), name="mfa_remove_webauthn"),
    path("2fa/cadangan/", inside(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("2fa/cadangan/baru/", inside(recovery_codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("2fa/cadangan/unduh/", inside(recovery_codes.download_recovery_codes), name="mfa_download_recovery_codes"),
]
