"""Public pages."""

from django.urls import path

from programs.views import pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("sesi/", pages.sessions, name="sessions"),
    path("sesi/<slug:slug>/", pages.session, name="session"),
]
