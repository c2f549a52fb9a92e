"""What the tests of lists begin with: a session, whoever brings the list, and its page."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from participants import tasks
from participants.models import RegistrationImport
from tests.factories import make_session
from tests.staff import make_staff, sign_in

HEADER = "Email,Nama lengkap,Tanggal lahir,HP,Pekerjaan,Persetujuan"


@pytest.fixture
def session():
    session = make_session(first_day=date(2100, 12, 14), capacity=30)
    session.program.registration_opens = session.program.registration_opens.replace(year=2020)
    session.program.save()
    return session


@pytest.fixture
def client(session):
    return sign_in(Client(), make_staff("coordinator", session.region))


def work():
    """What a worker does when it hears the bell of each list that waits."""
    for pk in RegistrationImport.objects.waiting().values_list("pk", flat=True):
        tasks.work_on_import(pk)


def soup(answer):
    return BeautifulSoup(answer.content, "html.parser")


def line(name, email, phone="0812-3456-7890"):
    return f"{email},{name},2004-05-17,{phone},Mahasiswa,ya"


def upload(client, session, *lines, content=None):
    content = content if content is not None else "\n".join([HEADER, *lines]).encode()
    page = f"/staf/participants/registrationimport/unggah/{session.pk}/"
    return client.post(page, {"file": SimpleUploadedFile("daftar.csv", content)}, follow=True)


def fields_of(page, selector):
    form = page.select_one(selector)
    chosen = {field["name"]: field.select_one("[selected]") for field in form.select("select")}
    sent = {field["name"]: field.get("value", "") for field in form.select("input[name]:not([type=checkbox])")}
    return sent | {name: option["value"] if option else "" for name, option in chosen.items()}


def look(client, session, *lines):
    """Upload, and let the columns be as they were guessed."""
    answer = upload(client, session, *lines)
    batch = RegistrationImport.objects.latest("pk")
    page = f"/staf/participants/registrationimport/{batch.pk}"
    sent = fields_of(soup(answer), "form.stack-form")
    return page, client.post(f"{page}/kolom/", sent, follow=True)
