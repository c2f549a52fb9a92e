// What a device at the door keeps, and how it sends it. The page and its service worker share this file.
//
// Everything lies in IndexedDB, encrypted by a key that no script can read out of the browser: the device's token, the
// cohort's minimum, what holds of whom, and each scan until the server has answered it.
"use strict";

self.scannerStore = (() => {
  const DATABASE = "scanner";
  const LATEST_DOUBTS = 100;
  const THERE = ["present", "late", "left_early"];
  let opened;

  const asked = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });

  const open = () =>
    (opened ||= new Promise((resolve, reject) => {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => ["keys", "kept", "queue"].forEach((name) => request.result.createObjectStore(name));
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const database = request.result;
        database.onversionchange = () => { database.close(); opened = undefined; };
        resolve(database);
      };
    }));

  const store = async (name, mode = "readonly") => (await open()).transaction(name, mode).objectStore(name);

  const key = async () => {
    const known = await asked((await store("keys")).get("main"));
    if (known) return known;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const keys = await store("keys", "readwrite");
    const earlier = await asked(keys.get("main")); // another tab may have been quicker
    if (earlier) return earlier;
    await asked(keys.put(made, "main"));
    return made;
  };

  const seal = async (value) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const text = new TextEncoder().encode(JSON.stringify(value));
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(), text) };
  };

  const unseal = async (sealed) => {
    if (!sealed) return undefined;
    const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv }, await key(), sealed.data);
    return JSON.parse(new TextDecoder().decode(text));
  };

  const put = async (place, name, value) => {
    const sealed = await seal(value); // first: a transaction does not wait for a cipher
    return asked((await store(place, "readwrite")).put(sealed, name));
  };

  const get = async (name) => unseal(await asked((await store("kept")).get(name)));
  const keep = (name, value) => put("kept", name, value);

  const waiting = async () => {
    const queue = await store("queue");
    const scans = await Promise.all((await asked(queue.getAll())).map(unseal));
    return scans.sort((one, other) => one.at - other.at);
  };

  const wipe = async () => {
    (await open()).close();
    opened = undefined;
    await asked(indexedDB.deleteDatabase(DATABASE));
  };

  // One at a time, whoever asks: the page, another tab, the worker.
  const alone = (work) => (navigator.locks ? navigator.locks.request("scanner", work) : work());

  const within = (patience) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), patience);
    return controller.signal;
  };

  const cell = (ref, day) => `${ref}-${day}`;

  const dayOf = (list, instant) => list.days.find((day) => day.from <= instant && instant < day.until);

  // A scan waits here before anything else happens to it, with what this device said of it.
  const add = async (scan, verdict) => {
    await put("queue", scan.id, { ...scan, said: verdict.outcome, name: verdict.name || "" });
    if (verdict.day && ["welcome", "late", "left"].includes(verdict.outcome)) {
      const mark = { welcome: "present", late: "late", left: "left_early" }[verdict.outcome];
      await alone(async () => {
        const marks = (await get("marks")) || { newest: 0, cells: {} };
        marks.cells[cell(verdict.ref, verdict.day)] = [mark, verdict.now, verdict.gate];
        await keep("marks", marks);
      });
    }
  };

  // Send what waits, and with `look` ask for what is new. Says what became of it: `state` is sent, offline, busy,
  // unpaired or withdrawn; the last has wiped everything. `page` is which version of the page the server has.
  const exchange = (look, patience) => alone(() => exchangeAlone(look, patience));

  const exchangeAlone = async (look, patience) => {
    const pairing = await get("pairing");
    if (!pairing) return { state: "unpaired" };
    const [scans, list, marks] = await Promise.all([waiting(), get("list"), get("marks")]);
    const sending = scans.slice(0, pairing.atOnce);
    const began = Date.now();
    const message = {
      sent_at: began,
      scans: sending.map(({ id, at, ticket, ref, leaving }) => ({ id, at, leaving, ...(ticket ? { ticket } : { ref }) })),
      look,
      version: list?.version || "",
      since: marks?.newest || 0,
      knows: ["overruled"],
    };
    let response, answer;
    try {
      response = await fetch(pairing.exchange, {
        method: "POST",
        credentials: "omit",
        cache: "no-store",
        headers: { Authorization: `Bearer ${pairing.token}`, "Content-Type": "application/json" },
        body: JSON.stringify(message),
        signal: within(patience),
      });
      if (response.status === 401) {
        await wipe();
        return { state: "withdrawn" };
      }
      if (response.status === 429) return { state: "busy" };
      if (!response.ok) return { state: "offline" };
      answer = await response.json();
    } catch {
      return { state: "offline" };
    }
    const now = Date.now();
    pairing.offset = answer.now - Math.round((began + now) / 2);
    pairing.sentAt = now;
    await keep("pairing", pairing);
    await takeNews(answer, marks, now);
    await settle(sending, answer.answers);
    return { state: "sent", answers: answer.answers, left: scans.length - sending.length, hadNews: Boolean(look), page: answer.page };
  };

  const takeNews = async (answer, marks, now) => {
    if (answer.list) await keep("list", answer.list);
    if (answer.marks) {
      const next = { newest: answer.newest, cells: marks?.cells || {}, lookedAt: now };
      for (const [ref, day, mark, at, gate] of answer.marks) {
        if (mark) next.cells[cell(ref, day)] = [mark, at, gate];
        else delete next.cells[cell(ref, day)];
      }
      await keep("marks", next);
    }
  };

  // What the server made of each scan; where it says something else than this device did, somebody should look.
  const settle = async (sent, answers) => {
    const of = new Map(answers.map((answer) => [answer.id, answer]));
    const doubts = (await get("doubts")) || [];
    const queue = [];
    for (const scan of sent) {
      const answer = of.get(scan.id);
      if (!answer) continue;
      queue.push(scan.id);
      const isFine = ["welcome", "late", "left"].includes(answer.outcome);
      const isSame = answer.outcome === scan.said;
      if (!isFine && !isSame) doubts.unshift({ ...answer, said: scan.said, name: scan.name, scanned: scan.at });
    }
    await keep("doubts", doubts.slice(0, LATEST_DOUBTS));
    const waitingOnes = await store("queue", "readwrite");
    await Promise.all(queue.map((id) => asked(waitingOnes.delete(id))));
  };

  return { THERE, add, alone, cell, dayOf, exchange, get, keep, waiting, wipe };
})();
