"""The staff's way in: allauth's password and second-factor pages, and no other of its pages."""

from allauth.account import views as account
from django.urls import include, path

urlpatterns = [
    path("masuk/", account.login, name="account_login"),
    path("keluar/", account.logout, name="account_logout"),
    path("ulangi/", account.reauthenticate, name="account_reauthenticate"),
    path("2fa/", include("allauth.mfa.urls")),
]
