// Reads tickets and short codes as participants/documents/tickets.py writes them, and judges them without a line.
"use strict";

self.scannerTickets = ((place) => {
  const { letters, ed25519 } = place.dataset;
  const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const LENGTH = 149;
  const SIGNED = 29; // version, key id (4), session (8), registration (16); then the signature
  const AWAY = ["excused", "absent"];
  const { THERE, cell, dayOf } = self.scannerStore;
  const checkers = new Map();
  let library;

  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const bytesOf = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));

  // The bytes in a ticket's text, or null: exactly one text says them.
  const decode = (text) => {
    if (text.length !== LENGTH) return null;
    const bytes = [];
    let bits = 0, held = 0;
    for (const letter of text) {
      const value = BASE32.indexOf(letter);
      if (value < 0) return null;
      held = (held << 5) | value;
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        bytes.push((held >> bits) & 255);
        held &= (1 << bits) - 1;
      }
    }
    return held === 0 && bytes[0] === 1 ? Uint8Array.from(bytes) : null;
  };

  const checker = async (raw) => {
    try {
      const key = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
      return (signature, signed) => crypto.subtle.verify({ name: "Ed25519" }, key, signature, signed);
    } catch {
      library ||= import(ed25519); // a browser whose WebCrypto knows no Ed25519
      const { verifyAsync } = await library;
      return (signature, signed) => verifyAsync(signature, signed, raw);
    }
  };

  // Whose ticket `text` is and of which session, or null when none of the portal's keys signed it.
  const read = async (text, keys) => {
    const bytes = decode(text);
    const keyId = bytes && hex(bytes.slice(1, 5));
    if (!bytes || !keys[keyId]) return null;
    if (!checkers.has(keyId)) checkers.set(keyId, checker(bytesOf(keys[keyId])));
    const verify = await checkers.get(keyId);
    const signed = bytes.slice(0, SIGNED);
    if (!(await verify(bytes.slice(SIGNED), signed).catch(() => false))) return null;
    return { session: hex(signed.slice(5, 13)), ref: hex(signed.slice(13)) };
  };

  // A typed code as it is printed; null when a letter is wrong or two are swapped.
  const readCode = (typed) => {
    const places = [...typed.toUpperCase()].filter((letter) => !" -".includes(letter)).map((letter) => letters.indexOf(letter));
    if (places.length !== 8 || places.includes(-1)) return null;
    const sum = places.slice(0, -1).reduce((total, value, index) => total + (index + 2) * value, places[7]);
    if (sum % letters.length) return null;
    const code = places.map((value) => letters[value]).join("");
    return `${code.slice(0, 4)}-${code.slice(4)}`;
  };

  // The ticket with the short `code`, also one that was released or replaced; undefined when nobody's of this session.
  const refOf = (code, list) => {
    const whose = list.cohort.find((row) => row[1] === code)?.[0];
    const reissued = Object.entries(list.reissued || {}).find(([, ref]) => ref === whose)?.[0];
    return reissued ?? whose ?? list.released_codes?.[code] ?? list.replaced_codes?.[code];
  };

  // What this device says of a scan at the programme's instant `now`, from what it knows.
  const judge = async (scan, { list, marks, gate, now }) => {
    let ref = scan.ref;
    if (scan.ticket) {
      const ticket = await read(scan.ticket, list.keys);
      if (!ticket) return { outcome: "not_a_ticket" };
      if (ticket.session !== list.mark) return { outcome: "other_session" };
      ref = ticket.ref;
    }
    if (list.replaced?.includes(ref)) return { ref, now, gate, outcome: "replaced" };
    ref = list.reissued?.[ref] ?? ref; // from here on the registration, whichever its ticket is
    const person = list.cohort.find((row) => row[0] === ref);
    const verdict = { ref, now, gate, name: person?.[2] || "" };
    const day = dayOf(list, now);
    if (!day) return { ...verdict, outcome: "not_today" };
    verdict.day = day.number;
    if (now < day.opens || now >= (scan.leaving ? day.ends : day.closes)) return { ...verdict, outcome: "outside_hours" };
    if (list.released.includes(ref)) return { ...verdict, outcome: "released" };
    if (!person) return { ...verdict, outcome: "not_listed" };
    const held = marks?.cells[cell(ref, day.number)];
    if (AWAY.includes(held?.[0])) return { ...verdict, outcome: "overruled", mark: held[0] }; // only staff say so
    if (scan.leaving) return { ...verdict, outcome: held?.[0] === "left_early" ? "already" : "left", at: held?.[1], gateOfFirst: held?.[2] };
    if (held && THERE.includes(held[0])) return { ...verdict, outcome: "already", at: held[1], gateOfFirst: held[2] };
    return { ...verdict, outcome: now >= day.late ? "late" : "welcome" };
  };

  return { judge, readCode, refOf };
})(document.currentScript);
