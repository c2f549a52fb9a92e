// The attendance grid saves each mark as it is made. A mark gets its id here, so that sending it again changes nothing;
// what cannot be sent waits on this device, each mark under a key of its own, and goes out when the line is back.
"use strict";

(() => {
  const form = document.getElementById("attendance");
  if (!form) return;
  const find = document.getElementById("find");
  const state = document.getElementById("save-state");
  const undo = document.getElementById("undo");
  const token = form.querySelector("[name=csrfmiddlewaretoken]");
  const prefix = `attendance:${form.dataset.user}:${location.pathname}:`;
  const allRefused = "attendance-refused:";
  const prefixOfRefused = `${allRefused}${form.dataset.user}:${location.pathname}:`;
  const OFFERED_FOR = 12 * 60 * 60 * 1000; // milliseconds
  const there = new Set(form.dataset.there.split(" "));
  const letters = Object.fromEntries(form.dataset.keys.split(" ").map((pair) => pair.split("=")));
  const cellOf = (mark) => `${mark.registration}-${mark.day}`;
  let newest = Number(form.dataset.newest);
  let problem = "";
  let sending = false;
  let waiting = [];
  const stored = new Set(); // ids of marks that this device keeps
  const offered = new Map(); // by cell, why what was tapped there was refused
  const behind = new Map(); // by cell, what came to hold there while a mark of this page waits

  // A browser that keeps nothing (private window, full disk) still sends what is on the page.
  const store = (work) => {
    try {
      return work(localStorage);
    } catch {
      return undefined;
    }
  };

  const keptUnder = (start) =>
    store((kept) =>
      Object.keys(kept)
        .filter((key) => key.startsWith(start))
        .map((key) => [key, JSON.parse(kept.getItem(key))]),
    ) || [];

  const left = () =>
    keptUnder(prefix)
      .map(([, mark]) => mark)
      .sort((one, other) => (one.device_at < other.device_at ? -1 : 1));

  const makeId = () => {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };

  const tell = () => {
    const { saved, waiting: unsent } = form.dataset;
    const trouble = problem || [...offered.values()].find(Boolean);
    state.dataset.state = waiting.length ? "waiting" : trouble ? "refused" : "saved";
    const text = waiting.length ? `${problem || unsent} ${waiting.length}` : trouble || saved;
    if (state.textContent !== text) state.textContent = text; // said aloud only where it is new
  };

  const count = () => {
    for (const number of form.querySelectorAll("[data-count]")) {
      const selects = form.querySelectorAll(`select[data-number="${number.dataset.count}"]`);
      number.textContent = [...selects].filter((select) => there.has(select.value)).length;
      const rest = form.querySelector(`[name=all_present][value="${number.dataset.count}"]`);
      if (rest) rest.hidden = [...selects].every((select) => select.value);
    }
  };

  const put = (name, mark) => {
    const select = form.elements[`m-${name}`];
    if (!select) return null;
    select.value = mark;
    select.dataset.mark = mark;
    return select;
  };

  const withdraw = (name) => {
    if (offered.delete(name)) problem = "";
    form.elements[`m-${name}`]?.parentElement.querySelector(".offer")?.remove();
    store((kept) => kept.removeItem(prefixOfRefused + name));
  };

  const nameOf = (mark) => document.getElementById(`p${mark.registration}`)?.textContent;

  const isWaiting = (name) => waiting.some((mark) => cellOf(mark) === name);

  const apply = (cell) => {
    behind.delete(cell.name);
    const select = put(cell.name, cell.mark);
    if (!select) return;
    form.elements[`o-${cell.name}`].value = cell.mark;
    select.parentElement.querySelector(".who").textContent = cell.who;
    if (select.parentElement.querySelector(".offer")?.dataset.mark === cell.mark) withdraw(cell.name);
  };

  const reach = (cell) => {
    if (isWaiting(cell.name)) behind.set(cell.name, cell);
    else apply(cell);
  };

  const show = (answer) => {
    if (answer.newest < newest) return; // An answer that was overtaken says nothing new.
    newest = answer.newest;
    for (const cell of answer.cells) reach(cell);
    count();
    tell();
  };

  const makeButton = (select, kind, text, press) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `button quiet ${kind}`;
    button.textContent = text;
    button.setAttribute("aria-describedby", select.getAttribute("aria-labelledby"));
    button.addEventListener("click", () => {
      press();
      select.focus();
    });
    return button;
  };

  // What was tapped while something else came to hold stands beside what holds now: one more press records it, another
  // lets what holds stand. By itself it is never sent.
  const offer = (name, mark) => {
    const select = put(name, form.elements[`o-${name}`]?.value);
    if (!select || select.disabled) return;
    const cell = select.parentElement;
    const label = [...select.options].find((option) => option.value === mark.mark)?.textContent || mark.mark;
    const buttons = document.createElement("span");
    buttons.className = "offer";
    buttons.dataset.mark = mark.mark;
    const change = () => {
      select.value = mark.mark;
      record(select);
    };
    const letStand = () => {
      withdraw(name);
      tell();
    };
    buttons.append(
      makeButton(select, "again", form.dataset.again.replace("{mark}", label), change),
      makeButton(select, "let-stand", form.dataset.letStand, letStand),
    );
    cell.querySelector(".offer")?.remove();
    cell.append(buttons);
    offered.set(name, why(mark));
  };

  const why = (mark) => {
    const name = nameOf(mark);
    return [form.dataset.refused, name && `${name}:`, mark.refused].filter(Boolean).join(" ");
  };

  const refuse = (mark, changed) => {
    done(mark);
    for (const cell of changed) reach(cell);
    const name = cellOf(mark);
    if (isWaiting(name)) return; // What was tapped there since counts instead.
    offered.set(name, why(mark));
    if (!form.elements[`m-${name}`]) return; // Of somebody who is gone it is told until the page is loaded anew.
    // Whose mark it was stands on the page, and never in what this device keeps.
    const kept = JSON.stringify({ ...mark, refused_at: Date.now() });
    store((storage) => storage.setItem(prefixOfRefused + name, kept));
    offer(name, mark);
  };

  const forgetOld = () => {
    for (const [key, mark] of keptUnder(allRefused)) {
      if (Math.abs(Date.now() - mark.refused_at) < OFFERED_FOR) continue;
      if (key.startsWith(prefixOfRefused)) withdraw(cellOf(mark));
      else store((kept) => kept.removeItem(key));
    }
  };

  const offerRefused = () => {
    for (const [, mark] of keptUnder(prefixOfRefused)) {
      const name = cellOf(mark);
      if (isWaiting(name) || form.elements[`o-${name}`]?.value === mark.mark) withdraw(name);
      else offer(name, mark);
    }
  };

  const done = (mark) => {
    waiting = waiting.filter((other) => other.id !== mark.id);
    store((kept) => kept.removeItem(prefix + mark.id));
  };

  // Another tab has sent it: what came of it stands on the server, or is offered there.
  const wasTaken = (mark) => stored.has(mark.id) && store((kept) => kept.getItem(prefix + mark.id)) === null;

  const leave = (mark) => {
    waiting = waiting.filter((other) => other.id !== mark.id);
    const name = cellOf(mark);
    if (isWaiting(name)) return;
    if (behind.has(name)) apply(behind.get(name));
    else put(name, form.elements[`o-${name}`]?.value);
    count();
    look();
  };

  const post = (body) =>
    fetch(`${location.pathname}?since=${newest}`, {
      method: "POST",
      headers: { "X-CSRFToken": token.value, "X-Requested-With": "fetch" },
      body: new URLSearchParams(body),
    });

  const isShut = (response) => response.redirected || response.status === 403;

  // Whoever has logged in again in another tab has another token; it stands on the page, if it is the same person's.
  const renew = async () => {
    const page = await fetch(location.pathname);
    if (!page.ok || page.redirected) return false;
    const other = new DOMParser().parseFromString(await page.text(), "text/html").getElementById("attendance");
    if (other?.dataset.user !== form.dataset.user) return false;
    token.value = other.querySelector("[name=csrfmiddlewaretoken]").value;
    return true;
  };

  const ask = async (body) => {
    const response = await post(body);
    return isShut(response) && (await renew()) ? post(body) : response;
  };

  const send = async () => {
    if (sending || !waiting.length) return;
    sending = true;
    try {
      while (waiting.length) {
        const mark = waiting[0];
        if (wasTaken(mark)) {
          leave(mark);
          continue;
        }
        const response = await ask(mark);
        if (response.status === 409) {
          const { refused, changed } = await response.json();
          refuse({ ...mark, refused }, changed || []);
          count();
          continue;
        }
        problem = isShut(response) ? form.dataset.login : "";
        if (!response.ok || response.redirected) break;
        done(mark);
        show(await response.json());
        if (undo) [undo.value, undo.hidden] = [mark.id, false]; // its own id is the batch of one mark
      }
    } catch {
      problem = ""; // No line: the marks wait.
    } finally {
      sending = false;
      tell();
    }
  };

  const look = async () => {
    forgetOld();
    try {
      const response = await fetch(`${form.dataset.changes}?since=${newest}`);
      if (response.ok && !response.redirected) show(await response.json());
    } catch {
      // Without a line there is nothing new to show.
    }
  };

  // What was pressed last is taken back, on this page and for everybody; without a line the mark is just set anew.
  const takeBack = async () => {
    undo.hidden = true;
    try {
      const response = await ask({ undo: undo.value });
      const answer = response.redirected ? {} : await response.json();
      problem = response.ok ? "" : `${form.dataset.refused} ${answer.refused || ""}`;
      if (response.ok && answer.cells) show(answer);
    } catch {
      undo.hidden = false;
    }
    tell();
  };

  const record = (select) => {
    const [, registration, day] = select.name.split("-");
    const seen = select.dataset.mark;
    const mark = { id: makeId(), registration, day, mark: select.value, seen, device_at: new Date().toISOString() };
    select.dataset.mark = select.value;
    withdraw(cellOf(mark));
    waiting.push(mark);
    if (store((kept) => kept.setItem(prefix + mark.id, JSON.stringify(mark)) ?? true)) stored.add(mark.id);
    problem = "";
    count();
    tell();
    send();
  };

  const isOpen = (select) => {
    try {
      return select.matches(":open");
    } catch {
      return false;
    }
  };

  const neighbour = (cell, key) => {
    if (key === "ArrowLeft") return cell.previousElementSibling;
    if (key === "ArrowRight") return cell.nextElementSibling;
    const column = [...cell.parentElement.children].indexOf(cell);
    const step = key === "ArrowUp" ? "previousElementSibling" : "nextElementSibling";
    let row = cell.parentElement[step];
    while (row?.hidden) row = row[step];
    return row?.children[column];
  };

  form.addEventListener("change", (event) => {
    const select = event.target.closest("select");
    if (select) record(select);
  });

  // Arrows and Enter move, letters mark. Space and Alt with an arrow open the list, as they do everywhere.
  form.addEventListener("keydown", (event) => {
    const select = event.target.closest("select");
    if (!select || event.altKey || event.ctrlKey || event.metaKey || isOpen(select)) return;
    const key = event.key.toLowerCase();
    const mark = ["0", "delete", "backspace"].includes(key) ? "" : letters[key];
    if (event.key.startsWith("Arrow") || event.key === "Enter") {
      event.preventDefault();
      neighbour(select.parentElement, event.key)?.querySelector("select:not([disabled])")?.focus();
    } else if (mark !== undefined) {
      event.preventDefault();
      if (select.value === mark) return;
      select.value = mark;
      record(select);
    }
  });

  undo?.addEventListener("click", (event) => {
    event.preventDefault();
    takeBack();
  });

  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase();
    for (const row of form.querySelectorAll("tbody tr")) {
      row.hidden = !row.firstElementChild.textContent.toLowerCase().includes(wanted);
    }
  });

  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });

  waiting = left(); // What an earlier visit could not send. Another tab may send it too: the id makes them one.
  for (const mark of waiting) {
    stored.add(mark.id);
    put(cellOf(mark), mark.mark);
  }
  for (const select of form.querySelectorAll("[data-wanted]")) offer(select.name.slice(2), select.dataset.wanted, "");
  forgetOld();
  offerRefused();
  count();
  tell();
  send();
  setInterval(send, 5000);
  setInterval(look, 10000);
  window.addEventListener("online", send);
})();
