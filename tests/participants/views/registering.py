"""What is typed into the registration form, and how it is sent."""

import uuid

from tests.factories import ADULT_BORN, MINOR_BORN

ADULT = {
    "part": "adult",
    "birth_date": ADULT_BORN.isoformat(),
    "full_name": "Siti Nur'aini",
    "phone": "0812-3456-7890",
    "occupation": "university",
    "accessibility_needs": "juru bahasa isyarat",
    "gender": "",
    "consent_training": "on",
}
MINOR = {
    "part": "minor",
    "birth_date": MINOR_BORN.isoformat(),
    "full_name": "Budi",
    "guardian_email": "Ibu@example.com",
    "consent_training": "on",
}


def path(session):
    return f"/daftar/{session.slug}/"


def send(client, session, fields, **changed):
    body = {"form_key": str(uuid.uuid4()), "region": session.region_id, "checked": "1", **fields, **changed}
    return client.post(path(session), {name: value for name, value in body.items() if value is not None})


def errors(form):
    return {error["id"].removesuffix("_error") for error in form.select(".error")}


def parts(form):
    """Which second parts of the form can be filled in."""
    return {part["data-part"] for part in form.select("fieldset[data-part]") if not part.has_attr("disabled")}


def begin(client, session, fields, **changed):
    return client.post(f"{path(session)}draf/", {"region": session.region_id, **fields, **changed})
