"""What the journeys at the door run in the portal and in the phones' browsers."""

ENROL = """
import json
from participants.documents import tickets
from programs.models import TrainingSession
from tests.factories import make_participant, make_registration
session = TrainingSession.objects.get(slug="jayapura-2025-12")
people = []
for number in range({people}):
    person = make_participant(full_name=f"Peserta{{number:02}} Wonda", region=session.region)
    row = make_registration(session, participant=person)
    people.append([f"Peserta{{number:02}} W.", tickets.short_code(row), tickets.ticket_text(row), str(row.public_id)])
print(json.dumps([session.pk, people]))
"""
RELEASE = """
from participants.models import Registration
from participants.operations import registrations
from portal import clock
registrations.cancel(registration=Registration.objects.get(public_id="{ref}"), now=clock.now())
"""
REPLACE = """
from participants.documents import tickets
from participants.models import Registration
from participants.operations import ticket_changes
from portal import clock
row = Registration.objects.get(public_id="{ref}")
print(tickets.short_code(ticket_changes.replace(registration=row, old=row.ticket, by=None, now=clock.now())))
"""
MARK = """
from participants.models import Mark, Registration
from participants.operations import attendance
from portal import clock
from portal.accounts.models import User
row = Registration.objects.get(public_id="{ref}")
mark = attendance.NewMark(row.pk, row.session.days.first().pk, Mark("{mark}"))
attendance.record(session=row.session, marks=[mark], by=User.objects.filter(is_superuser=True).first(), now=clock.now())
"""
# One day is enough for the certificate, so that its rule has something to say after the first; how many it is met by.
CERTIFIED = """
from participants import queries
from participants.models import Registration
from participants.operations import tallies
from portal import clock
from programs.models import TrainingSession
session = TrainingSession.objects.select_related("program", "region").get(slug="jayapura-2025-12")
session.program.certificate_min_days = 1
session.program.save()
tallies.count(program=session.program, now=clock.now(), machine_now=clock.machine_now())
rows = queries.with_attendance(Registration.objects.confirmed().filter(session=session), now=clock.now())
print(sum(queries.progress(queries.day_marks(row), session.program).state == "met" for row in rows))
"""
# A torch, a motor and a loudspeaker that say what was asked of them.
SENSES = """window.lit = []; window.shaken = []; window.heard = [];
MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true });
MediaStreamTrack.prototype.applyConstraints = async ({ advanced: [{ torch }] }) => { lit.push(torch); };
navigator.vibrate = (pattern) => shaken.push([pattern].flat());
window.AudioContext = class {
  currentTime = 0;
  resume() {}
  createGain() { return { gain: {}, connect: (to) => to }; }
  createOscillator() {
    const voice = { frequency: {}, connect: (to) => to, start: () => heard.push(voice.frequency.value), stop() {} };
    return voice;
  }
};
"""
LOOKED = """async (minutes) => {
  const marks = await scannerStore.get("marks");
  await scannerStore.keep("marks", { ...marks, lookedAt: Date.now() - minutes * 60000 });
}"""
OVER = """async () => {
  const pairing = await scannerStore.get("pairing");
  await scannerStore.keep("pairing", { ...pairing, until: 1 });
}"""
ANSWERED = """(name) => document.querySelector("[data-part=verdict-name]").textContent === name
  && !["", "checking"].includes(document.querySelector("[data-part=verdict]").dataset.outcome)"""
# As if the server had been upgraded since the page was opened.
AGED = """() => {
  scannerCamera.stop();
  document.getElementById("scanner").dataset.version = "0000000000000000";
  window.isOld = true;
}"""
QUEUED = "(least) => Number(document.querySelector('[data-part=queue]').dataset.waiting) >= least"
# What the phone has said, in order: a busy machine may be late to look, and one welcome is said once.
LISTENS = """addEventListener("DOMContentLoaded", () => {
  const verdict = document.querySelector("[data-part=verdict]");
  window.said = [];
  if (verdict) new MutationObserver(() => said.push(verdict.dataset.outcome)).observe(verdict, { attributes: true });
});
"""
JUDGED = """async ([ticket]) => {
  const list = await scannerStore.get("list");
  const world = { list, marks: null, gate: "x", now: list.days[0].opens };
  const forged = ticket.slice(0, -20) + (ticket.at(-20) === "A" ? "B" : "A") + ticket.slice(-19);
  const told = [ticket, forged, "WIFI:S:GEDUNG"].map((text) => scannerTickets.judge({ ticket: text }, world));
  return (await Promise.all(told)).map((verdict) => verdict.outcome);
}"""
STORED = """async () => {
  const open = indexedDB.open("scanner");
  const database = await new Promise((resolve) => { open.onsuccess = () => resolve(open.result); });
  const told = {};
  for (const name of database.objectStoreNames) {
    const all = database.transaction(name).objectStore(name).getAll();
    told[name] = await new Promise((resolve) => { all.onsuccess = () => resolve(all.result); });
  }
  database.close();
  const text = (value) => value instanceof ArrayBuffer ? new TextDecoder("latin1").decode(value) : value;
  const plain = JSON.stringify(told, (_key, value) => text(value));
  return { plain, extractable: told.keys[0].extractable, names: Object.keys(told), queue: told.queue.length };
}"""
