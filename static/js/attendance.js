// The attendance grid saves each mark as it is made. A mark gets its id here, so that sending it again changes nothing;
// what cannot be sent waits on this device and goes out when the line is back.
"use strict";

(() => {
  const form = document.getElementById("attendance");
  if (!form) return;
  const state = document.getElementById("save-state");
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const key = `attendance:${location.pathname}`;
  let waiting = JSON.parse(localStorage.getItem(key) || "[]");
  let newest = form.dataset.newest;
  let sending = false;

  const makeId = () => {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };

  const keep = () => {
    if (waiting.length) localStorage.setItem(key, JSON.stringify(waiting));
    else localStorage.removeItem(key);
    state.dataset.state = waiting.length ? "waiting" : "saved";
    state.textContent = waiting.length ? `${form.dataset.waiting} ${waiting.length}` : form.dataset.saved;
  };

  const show = (cells) => {
    for (const cell of cells) {
      if (waiting.some((mark) => `${mark.registration}-${mark.day}` === cell.name)) continue;
      const select = form.elements[`m-${cell.name}`];
      if (!select) continue;
      select.value = cell.mark;
      select.dataset.mark = cell.mark;
      form.elements[`o-${cell.name}`].value = cell.mark;
      select.parentElement.querySelector(".who").textContent = cell.who;
    }
  };

  const send = async () => {
    if (sending) return;
    sending = true;
    try {
      while (waiting.length) {
        const mark = waiting[0];
        const response = await fetch(`${location.pathname}?since=${newest}`, {
          method: "POST",
          headers: { "X-CSRFToken": token, "X-Requested-With": "fetch" },
          body: new URLSearchParams(mark),
        });
        if (response.status === 409) {
          const { refused } = await response.json();
          waiting.shift();
          keep();
          state.dataset.state = "refused";
          state.textContent = `${form.dataset.refused} ${refused}`;
          continue;
        }
        if (!response.ok || response.redirected) throw new Error(response.status);
        const answer = await response.json();
        waiting = waiting.filter((other) => other.id !== mark.id);
        newest = answer.newest;
        keep();
        show(answer.cells);
      }
    } catch {
      keep();
    } finally {
      sending = false;
    }
  };

  const look = async () => {
    try {
      const response = await fetch(`${form.dataset.changes}?since=${newest}`);
      if (!response.ok || response.redirected) return;
      const answer = await response.json();
      newest = answer.newest;
      show(answer.cells);
    } catch {
      // Without a line there is nothing new to show.
    }
  };

  form.addEventListener("change", (event) => {
    const select = event.target.closest("select");
    if (!select) return;
    const [, registration, day] = select.name.split("-");
    select.dataset.mark = select.value;
    waiting.push({ id: makeId(), registration, day, mark: select.value, device_at: new Date().toISOString() });
    keep();
    send();
  });

  // Enter goes down a row, Control with an arrow goes to the neighbouring cell; letters choose within a cell by themselves.
  form.addEventListener("keydown", (event) => {
    const select = event.target.closest("select");
    if (!select) return;
    const cell = select.parentElement;
    const column = [...cell.parentElement.children].indexOf(cell);
    const row = cell.parentElement;
    const go = (target) => {
      event.preventDefault();
      target?.querySelector("select:not([disabled])")?.focus();
    };
    if (event.key === "Enter" || (event.ctrlKey && event.key === "ArrowDown")) go(row.nextElementSibling?.children[column]);
    else if (event.ctrlKey && event.key === "ArrowUp") go(row.previousElementSibling?.children[column]);
    else if (event.ctrlKey && event.key === "ArrowRight") go(cell.nextElementSibling);
    else if (event.ctrlKey && event.key === "ArrowLeft") go(cell.previousElementSibling);
  });

  document.getElementById("find").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    for (const row of form.querySelectorAll("tbody tr")) {
      row.hidden = !row.firstElementChild.textContent.toLowerCase().includes(wanted);
    }
  });

  document.getElementById("find").addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });

  keep();
  send();
  setInterval(send, 5000);
  setInterval(look, 10000);
  window.addEventListener("online", send);
})();
