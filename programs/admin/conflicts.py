"""Two people at one record: whoever saves second sees what the first one wrote, and loses nothing of their own."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from django import forms
from django.core import signing
from django.db import models
from django.forms.models import model_to_dict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from participants.models import Deed
from programs.admin.deeds import in_words

SALT = "loaded"
Form = TypeVar("Form", bound="CarefulForm")


class CarefulForm(forms.Form):
    """A form that remembers what it showed.

    Where that no longer stands, it is refused once and shown again: what its reader did not touch follows, what they
    typed stays, and each difference is named. Sent again, it counts. A form that says nothing of what it showed, as
    one made by hand, is taken as it is.
    """

    loaded = forms.CharField(required=False, widget=forms.HiddenInput)

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        """Of `loaded` what stands in all fields, those that a form of ours adds as it is made included."""
        if field_name == "loaded":
            return "" if self.is_bound else signing.dumps(self._standing(), salt=SALT, compress=True)
        return super().get_initial_for_field(field, field_name)

    def _clean_form(self) -> None:
        super()._clean_form()  # type: ignore[misc]
        if loaded := self.data.get(self.add_prefix("loaded")):
            self._compare(_read(loaded))

    def _standing(self) -> dict[str, str]:
        """What stands there now, of each field that shows it."""
        shown = {name: field for name, field in self.fields.items() if not _is_secret(field)}
        return {name: _plain(self.get_initial_for_field(field, name)) for name, field in shown.items()}

    def _compare(self, loaded: dict[str, str]) -> None:
        stands = self._standing()
        moved = [name for name, value in loaded.items() if name in stands and stands[name] != value]
        if not moved:
            return
        data = self.data.copy()  # type: ignore[attr-defined]
        data[self.add_prefix("loaded")] = signing.dumps(stands, salt=SALT, compress=True)
        said = []
        for name in moved:
            field, typed = self.fields[name], self.cleaned_data.get(name)
            now = in_words(field, self.get_initial_for_field(field, name)) or "—"
            if _plain(typed) == loaded[name]:
                self._follow(data, name, stands[name])
                said.append(_("%(field)s sekarang «%(now)s»") % {"field": capfirst(field.label), "now": now})
            else:
                facts = {"field": capfirst(field.label), "now": now, "typed": in_words(field, typed) or "—"}
                said.append(_("%(field)s sekarang «%(now)s», ketikanmu «%(typed)s»") % facts)
        self.data = data
        text = _("%(who)s mengubahnya sejak halaman ini kamu buka: %(what)s. Simpan sekali lagi kalau memang maksudmu.")
        self.add_error(None, text % {"who": self._who(), "what": "; ".join(said)})

    def _follow(self, data: Any, name: str, value: str) -> None:
        """Show in an untouched field what stands there now."""
        many = isinstance(self.fields[name], forms.ModelMultipleChoiceField)
        if many:
            data.setlist(self.add_prefix(name), json.loads(value))
        else:
            data[self.add_prefix(name)] = {"True": "on", "False": ""}.get(value, value)

    def _who(self) -> str:
        return _("Petugas lain")


class CarefulModelForm(CarefulForm, forms.ModelForm):
    """The same of a row, which is held while it is compared and saved."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """Facts that are only shown end without a colon, as labels do (`portal.forms`)."""
        super().__init__(*args, **{"label_suffix": ""} | options)

    def _standing(self) -> dict[str, str]:
        if self.is_bound and self.instance.pk:
            rows = type(self.instance)._base_manager.select_for_update(no_key=True)
            row = rows.filter(pk=self.instance.pk).first()
            shown = [name for name in self.fields if name in self.initial]
            self.initial.update(model_to_dict(row, shown) if row else {})
        return super()._standing() if self.instance.pk else {}

    def _who(self) -> str:
        last = Deed.objects.about(self.instance).select_related("by").first()
        return str(last.by) if last else super()._who()


def looked_at_anew(form: Form, refusal: Exception) -> Form:
    """`form` as it was sent, beside what stands by now, where an operation found it changed: each difference is named.

    Of a form that says nothing of what it showed, `refusal` is told.
    """
    if form.is_valid():
        form.add_error(None, str(refusal))
    return form


def _plain(value: Any) -> str:
    """A value as it can be compared, whether the form holds a row or its key, in whatever order."""
    if value is None:
        return ""
    if isinstance(value, list | tuple | set | models.QuerySet):
        return json.dumps(sorted(str(getattr(row, "pk", row)) for row in value))
    return str(getattr(value, "pk", value))


def _is_secret(field: forms.Field) -> bool:
    return field.widget.is_hidden or isinstance(field.widget, forms.PasswordInput)


def _read(loaded: str) -> dict[str, str]:
    try:
        return signing.loads(loaded, salt=SALT)
    except signing.BadSignature:
        return {}
