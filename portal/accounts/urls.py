"""The staff's way in: password, second factor, recovery codes. No other of allauth's pages is reachable."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.urls import path

from portal.accounts.views import activate_totp, staff_only

urlpatterns = [
    path("masuk/", account.login, name="account_login"),
    path("keluar/", account.logout, name="account_logout"),
    path("ulangi/", staff_only(account.reauthenticate), name="account_reauthenticate"),
    path("2fa/", staff_only(mfa.index), name="mfa_index"),
    path("2fa/kode/", mfa.authenticate, name="mfa_authenticate"),
    path("2fa/ulangi/", staff_only(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("2fa/aplikasi/", staff_only(activate_totp), name="mfa_activate_totp"),
    path("2fa/aplikasi/lepas/", staff_only(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("2fa/cadangan/", staff_only(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("2fa/cadangan/baru/", staff_only(recovery_codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("2fa/cadangan/unduh/", staff_only(recovery_codes.download_recovery_codes), name="mfa_download_recovery_codes"),
]
