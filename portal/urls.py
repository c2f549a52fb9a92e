"""The URL table: every page in Indonesian at the root and in English under /en/; staff work under /staf/."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from participants.views import whatsapp
from portal import views
from programs.views import search_engines

handler400 = "portal.views.bad_request"
handler403 = "portal.views.permission_denied"
handler404 = "portal.views.not_found"
handler429 = "portal.views.too_many_requests"  # allauth looks for it
handler500 = "portal.views.server_error"

urlpatterns = [
    path("livez", views.livez, name="livez"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("kabar/whatsapp/", whatsapp.whatsapp, name="whatsapp"),
    path("robots.txt", search_engines.robots, name="robots"),
    path("sitemap.xml", search_engines.sitemap, name="sitemap"),
    *i18n_patterns(
        path("staf/akun/", include("portal.accounts.urls")),
        path("staf/", admin.site.urls),
        path("", include("programs.urls")),
        path("", include("participants.urls")),
        prefix_default_language=False,
    ),
]

if settings.GOOGLE_CLIENT_ID:
    from participants.views.google import google_callback

    # One address for every language: Google knows it by letter.
    urlpatterns.insert(0, path("masuk/google/kembali/", google_callback, name="google_callback"))

if settings.MAIL_PROVIDER:
    from participants.views.mail_provider import mail_provider

    urlpatterns.insert(0, path("kabar/surat/", mail_provider, name="mail_provider"))
