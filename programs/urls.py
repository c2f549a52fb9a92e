"""Public pages."""

from django.urls import path

from programs.views import eligibility, pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("cek/", eligibility.check, name="eligibility"),
    path("sesi/", pages.sessions, name="sessions"),
    path("sesi/<slug:slug>/", pages.session, name="session"),
]
