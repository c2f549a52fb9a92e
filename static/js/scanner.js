// The scanner at the door. Every scan is kept on the device first; the server is asked, but never waited for long.
"use strict";

(() => {
  const root = document.getElementById("scanner");
  const { scannerStore: store, scannerTickets: tickets, scannerCamera: camera } = self;
  const PATIENCE = 2500; // ms until a scan is answered from what the device knows
  const LOOK_EVERY = 15000;
  const LOOK_PATIENCE = 20000; // the whole list, on a slow line
  const LONGEST = 300; // letters that are sent of what was read: a ticket is shorter
  const SAME_TICKET = 4000; // ms in which a ticket that is still held up is not read again
  const SHOWN = 6000;
  const WRONG_CODES = 10;
  const WAIT_AFTER_WRONG = 30000;
  const OLD_LIST = 30 * 60000;
  const BRING_EVERY = 60000; // a newer page that could not be brought whole
  const $ = (name) => root.querySelector(`[data-part="${name}"]`);
  const words = Object.fromEntries([...root.querySelectorAll("[data-word]")].map((word) => [word.dataset.word, word]));
  const wordOf = (outcome) => words[outcome] || words.other; // a newer server may say what this page has no words for
  const sayMark = (mark) => words[`mark-${mark}`]?.textContent || "";
  const say = (name, values = {}) => wordOf(name).textContent.replace(/\{(\w+)\}/g, (_all, key) => values[key] ?? "");
  const state = { line: "unknown", pairing: null, list: null, marks: null, leaving: false, sound: true, wrong: 0, wrongUntil: 0 };
  const held = new Map();
  let speaker, clearing, syncing, offlineSince = 0, broughtAt = 0;

  const makeId = () => {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };

  const programmeNow = () => Date.now() + (state.pairing?.offset || 0);

  const time = (instant) =>
    new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", timeZone: state.pairing.zone }).format(instant) +
    ` ${state.pairing.zone_name}`;

  const ago = (since) => {
    const minutes = Math.floor((Date.now() - since) / 60000);
    if (minutes < 1) return say("just-now");
    return minutes < 120 ? say("minutes-ago", { n: minutes }) : say("hours-ago", { n: Math.floor(minutes / 60) });
  };

  // --- What is shown

  const show = (name) => {
    for (const view of root.querySelectorAll("[data-view]")) view.hidden = view.dataset.view !== name;
    document.body.dataset.scanning = name === "door";
  };

  const verdict = (outcome, { name = "", at, gate = "", mark = "", isLocal = false, values = {} } = {}) => {
    const word = wordOf(outcome);
    const box = $("verdict");
    box.dataset.tone = word.dataset.tone;
    box.dataset.outcome = outcome;
    $("sign").setAttribute("href", `${root.dataset.icons}#${{ good: "check", warn: "alert", bad: "ban" }[word.dataset.tone] || "hourglass"}`);
    $("verdict-title").textContent = word.dataset.title;
    $("verdict-name").textContent = name;
    $("verdict-why").textContent = say(outcome, { ...values, at: at ? time(at) : "", gate: gate || say("by-hand"), mark: sayMark(mark) });
    $("code").removeAttribute("aria-invalid");
    $("verdict-local").hidden = !isLocal;
    clearTimeout(clearing);
    if (outcome !== "checking") {
      signal(word.dataset.tone);
      clearing = setTimeout(ready, SHOWN);
    }
  };

  const ready = () => {
    const box = $("verdict");
    box.dataset.tone = "ready";
    box.dataset.outcome = "";
    $("sign").setAttribute("href", `${root.dataset.icons}#ticket`);
    $("verdict-title").textContent = say(state.leaving ? "ready-leaving" : "ready");
    $("verdict-name").textContent = $("verdict-why").textContent = "";
    $("verdict-local").hidden = true;
  };

  const signal = (tone) => {
    navigator.vibrate?.({ good: 80, warn: [80, 80, 80], bad: [300, 100, 300] }[tone]);
    if (!state.sound) return;
    try {
      speaker ||= new AudioContext();
      speaker.resume();
      ({ good: [[880, 0]], warn: [[520, 0], [520, 0.18]], bad: [[180, 0], [180, 0.25], [180, 0.5]] })[tone].forEach(([pitch, when]) => {
        const voice = speaker.createOscillator();
        const loudness = speaker.createGain();
        voice.frequency.value = pitch;
        loudness.gain.value = 0.2;
        voice.connect(loudness).connect(speaker.destination);
        voice.start(speaker.currentTime + when);
        voice.stop(speaker.currentTime + when + 0.14);
      });
    } catch {
      // A phone without sound still shows and shakes.
    }
  };

  const tell = async () => {
    if (!state.pairing) return;
    const [waiting, doubts] = await Promise.all([store.waiting(), store.get("doubts")]);
    const line = $("line");
    line.dataset.line = state.line;
    line.textContent = say(`line-${state.line}`);
    $("queue").textContent = waiting.length ? say("queue", { n: waiting.length }) : say("queue-empty");
    $("queue").dataset.waiting = waiting.length;
    const age = state.marks?.lookedAt;
    $("age").textContent = age ? say("age", { ago: ago(age), released: (state.list?.released.length ?? 0) + (state.list?.replaced?.length ?? 0) }) : say("age-none");
    $("renew").hidden = state.line !== "on" || waiting.length > 0 || !isOld() || state.brought !== state.newest;
    $("age").dataset.old = !age || Date.now() - age > OLD_LIST;
    const day = state.list && store.dayOf(state.list, programmeNow());
    const there = day
      ? state.list.cohort.filter(([ref]) => store.THERE.includes(state.marks?.cells[store.cell(ref, day.number)]?.[0])).length
      : 0;
    $("there").textContent = there;
    $("cohort").textContent = state.list?.cohort.length ?? "–";
    $("day").textContent = day ? say("day", { n: day.number }) : say("no-day");
    listDoubts(doubts || []);
  };

  const listDoubts = (doubts) => {
    $("doubts").hidden = !doubts.length;
    $("doubts-count").textContent = doubts.length;
    $("doubts-list").replaceChildren(
      ...doubts.map((doubt) => {
        const row = document.createElement("li");
        const title = document.createElement("b");
        const word = wordOf(doubt.outcome);
        title.textContent = `${word.dataset.title}${doubt.name ? ` · ${doubt.name}` : ""}`;
        const why = document.createElement("span");
        const first = say(doubt.outcome, { at: doubt.at ? time(doubt.at) : "", gate: doubt.gate || say("by-hand"), mark: sayMark(doubt.mark) });
        why.textContent = say("doubt", { at: time(doubt.scanned + (state.pairing.offset || 0)), said: words[doubt.said]?.dataset.title || "", why: first });
        row.dataset.tone = word.dataset.tone;
        row.append(title, why);
        return row;
      }),
    );
  };

  // --- What is known, and how it is renewed

  const recall = async () => {
    [state.pairing, state.list, state.marks] = await Promise.all(["pairing", "list", "marks"].map(store.get));
  };

  const after = async (told) => {
    if (told.state === "withdrawn") return forget("withdrawn");
    state.line = { sent: "on", busy: "busy" }[told.state] || "off";
    offlineSince = state.line === "off" ? offlineSince || Date.now() : 0;
    if (told.state === "sent") await recall();
    if (told.state === "sent" && (await isOver())) return forgetAsOver();
    if (told.page) state.newest = told.page;
    bring();
    await tell();
    return told;
  };

  // After an upgrade this page works on as it is. The new one is brought beside it and waits, whole, until somebody at
  // the door has the time to reload: by themselves pages do not.
  const isOld = () => Boolean(state.newest) && state.newest !== root.dataset.version;

  const bring = () => {
    if (!isOld() || state.brought === state.newest || Date.now() - broughtAt < BRING_EVERY) return;
    broughtAt = Date.now();
    navigator.serviceWorker?.controller?.postMessage({ keep: root.dataset.version });
  };

  const look = () =>
    (syncing ||= store
      .exchange(true, LOOK_PATIENCE)
      .then(after)
      .finally(() => (syncing = undefined))
      .then((told) => (told?.left > 0 ? look() : told)));

  const forget = (why) => {
    camera.stop();
    state.pairing = state.list = state.marks = null;
    show("pair");
    const said = $("pair-problem");
    said.hidden = !why;
    said.textContent = why ? say(why) : "";
  };

  // What waits is sent first, however late.
  const isOver = async () => state.pairing && programmeNow() > state.pairing.until && !(await store.waiting()).length;

  const forgetAsOver = async () => {
    await store.wipe();
    forget("over");
  };

  const inBackground = async () => {
    const place = await navigator.serviceWorker?.ready;
    await place?.sync?.register("scans");
  };

  // --- A scan

  const scan = async (what) => {
    const began = Date.now();
    const one = { id: makeId(), at: began, leaving: state.leaving, ...what };
    if (!state.list) return verdict("no-list");
    const local = await tickets.judge(one, { ...state, gate: state.pairing.gate, now: programmeNow() });
    const shown = { name: local.name, at: local.at, gate: local.gateOfFirst, mark: local.mark };
    await store.add(one, local);
    if (["welcome", "late", "left"].includes(local.outcome)) {
      const mark = { welcome: "present", late: "late", left: "left_early" }[local.outcome];
      state.marks ||= { newest: 0, cells: {} };
      state.marks.cells[store.cell(local.ref, local.day)] = [mark, local.now, state.pairing.gate];
    }
    const isKnownToBeOff = navigator.onLine === false || (offlineSince && Date.now() - offlineSince < LOOK_EVERY);
    if (isKnownToBeOff) {
      verdict(local.outcome, { ...shown, isLocal: true });
      inBackground().catch(() => {});
      return tell();
    }
    verdict("checking", { name: local.name });
    const told = await Promise.race([
      store.exchange(false, PATIENCE).then(after),
      new Promise((resolve) => setTimeout(resolve, PATIENCE + 200, null)),
    ]);
    if (!state.pairing) return undefined;
    const answer = told?.answers?.find((one_) => one_.id === one.id);
    if (answer) return verdict(answer.outcome, { name: local.name, at: answer.at, gate: answer.gate, mark: answer.mark });
    verdict(local.outcome, { ...shown, isLocal: true });
    inBackground().catch(() => {});
    return tell();
  };

  const found = async (text) => {
    if (!state.list) return verdict("no-list"); // and once there is one, the same ticket is read
    const now = Date.now();
    const last = held.get(text) || 0;
    held.set(text, now);
    if (now - last < SAME_TICKET) return undefined;
    const sent = Array.from(text).slice(0, LONGEST).join(""); // by whole letters, as half a one is no text
    return scan({ ticket: sent.replace(/\p{Surrogate}/gu, "\ufffd") });
  };

  const typed = async (event) => {
    event.preventDefault();
    const input = $("code");
    const complain = (name, values) => {
      verdict(name, { values });
      input.setAttribute("aria-invalid", "true");
    };
    if (Date.now() < state.wrongUntil) return complain("code-wait", { n: Math.ceil((state.wrongUntil - Date.now()) / 1000) });
    const wrong = (name) => {
      state.wrong += 1;
      if (state.wrong >= WRONG_CODES) [state.wrong, state.wrongUntil] = [0, Date.now() + WAIT_AFTER_WRONG];
      return complain(name);
    };
    const code = tickets.readCode(input.value);
    if (!code) return wrong("code-wrong");
    const known = () => state.list && tickets.refOf(code, state.list);
    if (!known() && state.line !== "off") {
      verdict("checking"); // registered a moment ago, perhaps
      await look();
    }
    if (!state.pairing) return undefined;
    const ref = known();
    if (!ref) return wrong(state.list ? "code-unknown" : "no-list");
    input.value = "";
    state.wrong = 0;
    await scan({ ref });
    return input.focus();
  };

  // --- Beginning

  const lookThroughCamera = async () => {
    const without = $("no-camera");
    try {
      await camera.start($("video"), found);
      without.hidden = true;
      $("torch").hidden = !camera.hasTorch();
    } catch {
      without.hidden = false;
      $("torch").hidden = true;
    }
    $("eye").dataset.on = without.hidden;
    navigator.wakeLock?.request("screen").catch(() => {});
  };

  const open = async () => {
    $("gate").textContent = state.pairing.gate;
    $("city").textContent = state.pairing.city;
    show("door");
    ready();
    await tell();
    const news = look();
    if (!state.list) await news;
    if (state.pairing) lookThroughCamera();
  };

  const pair = async (event) => {
    event.preventDefault();
    const problem = $("pair-problem");
    const code = $("pair-code").value.replace(/\D/g, "");
    problem.hidden = true;
    let answer;
    try {
      const response = await fetch(root.dataset.pair, {
        method: "POST",
        credentials: "omit",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ code }),
      });
      answer = await response.json();
      if (!response.ok) throw new Error(answer.sentence || say("pair-unreadable"));
    } catch (error) {
      problem.textContent = error instanceof TypeError ? say("pair-offline") : error.message;
      problem.hidden = false;
      return;
    }
    await store.keep("pairing", { ...answer, exchange: new URL(root.dataset.exchange, location.href).href, atOnce: Number(root.dataset.atOnce) });
    history.replaceState(null, "", location.pathname);
    await navigator.storage?.persist?.();
    await recall();
    await open();
  };

  const toggle = (name, change) => {
    const button = $(name);
    button.addEventListener("click", () => {
      const isOn = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", isOn);
      change(isOn);
    });
  };

  const leave = async () => {
    const waiting = await store.waiting();
    $("leave-warning").textContent = waiting.length ? say("leave-waiting", { n: waiting.length }) : say("leave-fine");
    $("leave-dialog").showModal();
  };

  const begin = async () => {
    $("pair-form").addEventListener("submit", pair);
    $("code-form").addEventListener("submit", typed);
    $("leave").addEventListener("click", leave);
    $("leave-dialog").addEventListener("close", async () => {
      if ($("leave-dialog").returnValue !== "yes") return;
      await store.wipe();
      forget("");
    });
    toggle("leaving", (isOn) => { state.leaving = isOn; ready(); });
    toggle("sound", (isOn) => { state.sound = isOn; });
    toggle("torch", (isOn) => camera.torch(isOn));
    $("retry").addEventListener("click", lookThroughCamera);
    $("renew").addEventListener("click", () => location.reload());
    $("sync").addEventListener("click", () => { offlineSince = 0; look(); });
    window.addEventListener("online", () => { offlineSince = 0; look(); });
    window.addEventListener("offline", () => { state.line = "off"; offlineSince = Date.now(); tell(); });
    setInterval(() => { if (state.pairing) look(); }, LOOK_EVERY);

    const worker = navigator.serviceWorker;
    const keepMe = () => worker.ready.then((place) => place.active.postMessage({ keep: root.dataset.version })).catch(() => {});
    worker?.addEventListener("message", ({ data }) => { state.brought = data.kept; tell(); });
    if (worker?.controller) worker.addEventListener("controllerchange", keepMe); // the one before may not know the word
    worker?.register(root.dataset.worker, { scope: root.dataset.scope }).catch(() => {});
    if (worker) keepMe();

    await recall();
    if (await isOver()) return forgetAsOver();
    const code = location.hash.match(/^#pair=(\d{12})$/)?.[1];
    if (state.pairing) return open();
    if (code) $("pair-code").value = code.match(/\d{4}/g).join(" ");
    return show("pair");
  };

  begin().catch(() => { show("pair"); $("pair-problem").textContent = say("no-store"); $("pair-problem").hidden = false; });
})();
