"""A file of people is staged, asked to be checked and written, and taken back, each in somebody's name."""

from datetime import timedelta

import pytest

from participants.import_forms import guess
from participants.models import Approval, Deed, Registration, RegistrationImport
from participants.operations import approvals, imports, retention, walk_ins
from tests.factories import make_registration, make_session
from tests.people_lists import COLUMNS, NOW, checked, known_twin, row, staged, taken_back, written
from tests.staff import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def session():
    return make_session(capacity=3)


@pytest.fixture
def by(session):
    return make_staff("coordinator", session.region)


def test_undo_takes_back_what_came_of_the_file_and_lets_it_be_brought_anew(session, by):
    other = make_registration(session)
    batch = written(checked(session, by, row("Ani"), row("Budi")))
    assert imports.undo(batch=batch, by=by, now=NOW) == 2
    taken_back(batch)
    assert Registration.objects.live().get() == other
    with pytest.raises(imports.ImportMovedOn):
        imports.undo(batch=batch, by=by, now=NOW)
    assert len(written(checked(session, by, row("Ani"))).made) == 1


def test_columns_are_remembered_for_the_next_file(session, by):
    columns = ["A", "B", *COLUMNS[2:]]
    batch = staged(session, by, row("Ani"), columns=columns)
    imports.name_columns(batch=batch, mapping=guess(COLUMNS), by=by, now=NOW)
    again = staged(session, by, row("Ani")[::-1], columns=columns[::-1])
    assert again.mapping == {name: len(columns) - 1 - number for name, number in guess(COLUMNS).items()}


def test_of_two_columns_of_one_name_the_first_is_meant_as_when_nothing_is_remembered(session, by):
    columns = [*COLUMNS, "Nama"]
    for _time in range(2):
        batch = staged(session, by, [*row("Ani"), "Panggilan"], columns=columns)
        assert (guess(columns) | batch.mapping)["full_name"] == COLUMNS.index("Nama")
        imports.name_columns(batch=batch, mapping=guess(columns) | batch.mapping, by=by, now=NOW)


def test_who_had_it_checked_and_written_is_kept_and_noted(session, by):
    second = make_staff("coordinator", session.region)
    batch = checked(session, by, row("Ani"))
    assert batch.asked_by == by
    written(batch, by=second)
    assert (batch.by, batch.asked_by) == (by, second)
    deeds = Deed.objects.about(batch).order_by("pk").values_list("by", "what", "changed")
    assert list(deeds) == [
        (by.pk, "changed", {"state": ["mapping", "checking"]}),
        (second.pk, "changed", {"state": ["checked", "writing"]}),
    ]
    assert Deed.objects.get(what="imported").by == second


def test_choices_are_kept_one_by_one_until_rows_are_written(session, by):
    known = known_twin(session)
    twice = [row("Siti Nuraini", email="baru@example.com"), row("Siti Nuraini", email="lain@example.com")]
    batch = checked(session, by, *twice)

    batch = imports.choose(batch=batch, choices={"0": known.pk, "1": known.pk})
    batch = imports.choose(batch=batch, choices={"1": None, "7": known.pk})
    assert batch.choices == {"0": known.pk}
    batch = imports.choose(batch=batch, choices={"0": known.pk + 1})  # who was not offered is nobody
    assert batch.choices == {}
    written(imports.choose(batch=batch, choices={"0": known.pk}))
    assert known.registrations.filter(session=session).count() == 1
    with pytest.raises(imports.ImportMovedOn):
        imports.choose(batch=batch, choices={})


def test_what_nobody_writes_is_forgotten_after_a_day(session, by):
    batch = checked(session, by, row("Ani"))
    retention.run(now=NOW + timedelta(days=1), machine_now=NOW)
    batch.refresh_from_db()
    assert (batch.rows, batch.found) == ([], {})
    with pytest.raises(imports.ImportMovedOn):
        imports.write(batch=batch, choices={}, is_partial=True, by=by, now=NOW)
    assert RegistrationImport.objects.count() == 1


def test_what_fails_half_way_can_be_taken_back(session, by, monkeypatch):
    batch = checked(session, by, row("Ani"), row("Budi"))
    add = walk_ins.add

    def fails(*, email, **options):
        return add(email=email, **options) if email == "ani@example.com" else 1 / 0

    monkeypatch.setattr(walk_ins, "add", fails)
    written(batch)
    assert (batch.state, len(batch.made)) == ("failed", 1)

    assert imports.undo(batch=batch, by=by, now=NOW) == 1
    taken_back(batch)
    assert batch.state == "undone"
    assert not Registration.objects.live().exists()


def test_a_file_that_could_not_be_worked_on_leaves_nothing_to_take_back(session, by, monkeypatch):
    batch = checked(session, by, row("Ani"))
    monkeypatch.setattr(walk_ins, "add", lambda **_options: 1 / 0)
    written(batch)
    with pytest.raises(imports.ImportMovedOn):
        imports.undo(batch=batch, by=by, now=NOW)


class TestUndoOfMany:
    """It waits for a second person, and until their yes the file stands as it was written."""

    @pytest.fixture
    def batch(self, session, by):
        wide = make_session(program=session.program, region=session.region, capacity=40, slug="besar")
        batch = written(checked(wide, by, *self.people()))
        assert isinstance(imports.undo(batch=batch, by=by, now=NOW), Approval)
        batch.refresh_from_db()
        return batch

    def people(self):
        return [row(f"Orang{chr(65 + n)} X") for n in range(approvals.ALONE + 1)]

    def decide(self, *, yes):
        approvals.decide(approval=Approval.objects.get(), yes=yes, by=make_staff("editor"), now=NOW)

    def test_it_is_not_undone_while_it_waits_nor_after_a_no(self, batch, by):
        assert batch.state == "done"
        assert Registration.objects.live().count() == approvals.ALONE + 1
        with pytest.raises(imports.UndoWaits):
            imports.undo(batch=batch, by=by, now=NOW)
        assert not Deed.objects.filter(what="unimported").exists()
        self.decide(yes=False)
        batch.refresh_from_db()
        assert batch.state == "done"
        again = written(checked(batch.session, by, *self.people()))
        assert (again.made, again.refused) == ([], {})
        assert isinstance(imports.undo(batch=batch, by=by, now=NOW), Approval)  # after a no it can be asked again

    def test_it_is_undone_after_a_yes_and_can_be_brought_anew(self, batch, by):
        self.decide(yes=True)
        taken_back(batch)
        assert batch.state == "undone"
        assert Deed.objects.filter(what="unimported", row=str(batch.pk)).count() == 1
        assert len(written(checked(batch.session, by, *self.people())).made) == approvals.ALONE + 1

    def test_it_can_be_asked_again_once_nobody_answered_for_a_day(self, batch, by):
        assert isinstance(imports.undo(batch=batch, by=by, now=NOW + approvals.VALID), Approval)
        assert Approval.objects.count() == 2
