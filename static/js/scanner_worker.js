// Keeps the scanner's page on the phone, so that it opens without a line, and sends what waits when the line is back.
"use strict";

const KEPT = "scanner";
const PATIENCE = 2500; // ms: on a line that hangs, the copy is better than nothing
const PATIENCE_OF_BRINGING = 60000; // beside a page that works

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// A page says at its beginning, and when the server has another, which version it is: the newest is brought beside it.
self.addEventListener("message", (event) => {
  const version = event.data === "keep" ? "" : event.data?.keep; // the word of pages of before
  if (version !== undefined) event.waitUntil(bring(event.source, version).catch(() => {}));
});

self.addEventListener("sync", (event) => {
  if (event.tag !== "scans") return;
  event.waitUntil(
    self.scannerStore.exchange(true, 20000).then((told) => {
      if (["offline", "busy"].includes(told.state)) throw new Error(told.state); // the browser tries again
    }),
  );
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate") event.respondWith(page(event, url.origin + url.pathname));
  else if (url.pathname.startsWith("/static/")) event.respondWith(piece(event.request));
});

// A page never comes without its files: while one of a new version lacks any, the whole one that is kept is shown.
async function page(event, address) {
  const old = await copy(address);
  let answer;
  try {
    answer = await fromNetwork(address, PATIENCE);
  } catch {
    return old || Response.error();
  }
  if (answer.status >= 500) return old || answer;
  if (answer.status !== 200) return answer;
  const isWhole = !old || (await lacking(await answer.clone().text())).length === 0;
  event.waitUntil(keep(address, answer.clone()).catch(() => {}));
  return isWhole ? answer : old;
}

const copy = (address) => caches.match(address, { cacheName: KEPT });

async function piece(request) {
  return (await caches.match(request, { cacheName: KEPT, ignoreVary: true })) || fetch(request);
}

// The whole answer: a line that hangs in the middle of a page hangs.
async function fromNetwork(address, patience) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), patience);
  try {
    const answer = await fetch(address, { credentials: "omit", redirect: "manual", cache: "no-store", signal: controller.signal });
    if (answer.status === 200) await answer.clone().arrayBuffer();
    return answer;
  } finally {
    clearTimeout(timer);
  }
}

const placeOf = (address) => new URL(address).origin + new URL(address).pathname;
const piecesOf = (text) => [...new Set(text.match(/\/static\/[^"#]+/g) || [])];
const versionOf = (text) => text.match(/data-version="([0-9a-f]+)"/)?.[1] || "";

async function lacking(text) {
  const cache = await caches.open(KEPT);
  const found = await Promise.all(piecesOf(text).map((name) => cache.match(name)));
  return piecesOf(text).filter((_name, place) => !found[place]);
}

// The page and every file that it names, the QR reader included, which the page itself may never ask for. A file's name
// says what is in it, so those of two versions lie side by side; the page takes the place of the one before as the last.
function keep(address, answer) {
  return inTurn(async () => {
    if (answer.status !== 200) return "";
    const cache = await caches.open(KEPT);
    const text = await answer.clone().text();
    await Promise.all((await lacking(text)).map((name) => cache.add(name)));
    await cache.put(address, answer);
    return versionOf(text);
  });
}

async function bring(client, version) {
  const address = placeOf(client.url);
  const kept = await keep(address, await fromNetwork(address, PATIENCE_OF_BRINGING));
  if (kept && kept === version) await inTurn(tidy);
  else if (kept && version) client.postMessage({ kept });
}

// Once the page that runs is the one that is kept, and no other is open, what no kept page names goes.
async function tidy() {
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (open.filter((client) => client.url.startsWith(self.registration.scope)).length > 1) return;
  const cache = await caches.open(KEPT);
  const [pieces, pages] = [[], []];
  for (const request of await cache.keys()) (new URL(request.url).pathname.startsWith("/static/") ? pieces : pages).push(request);
  const texts = await Promise.all(pages.map(async (request) => (await cache.match(request)).text()));
  const named = new Set(texts.flatMap(piecesOf));
  await Promise.all(pieces.filter((request) => !named.has(new URL(request.url).pathname)).map((request) => cache.delete(request)));
}

let turn = Promise.resolve();

function inTurn(work) {
  const done = turn.then(work);
  turn = done.catch(() => {});
  return done;
}
