"""The staff's way in: password, second factor, recovery codes. No other of allauth's pages is reachable."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from django.urls import path

from portal.accounts import views
from portal.accounts.staff_gate import may_enrol, may_enter, may_prove

inside, enrolling, proving = views.behind(may_enter), views.behind(may_enrol), views.behind(may_prove)

urlpatterns = [
    path("masuk/", account.login, name="account_login"),
    path("keluar/", views.logout, name="account_logout"),
    path("ulangi/", enrolling(account.reauthenticate), name="account_reauthenticate"),
    path("2fa/", enrolling(mfa.index), name="mfa_index"),
    path("2fa/kode/", views.remembering(mfa.authenticate), name="mfa_authenticate"),
    path("2fa/ulangi/", proving(views.remembering(views.reauthenticate)), name="mfa_reauthenticate"),
    path("2fa/aplikasi/", enrolling(views.remembering(views.activate_totp)), name="mfa_activate_totp"),
    path("2fa/aplikasi/lepas/", inside(views.deactivate_totp), name="mfa_deactivate_totp"),
    path("2fa/cadangan/", inside(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("2fa/cadangan/baru/", inside(recovery_codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("2fa/cadangan/unduh/", inside(recovery_codes.download_recovery_codes), name="mfa_download_recovery_codes"),
]
