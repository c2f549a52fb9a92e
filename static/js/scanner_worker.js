// Keeps the scanner's page on the phone, so that it opens without a line, and sends what waits when the line is back.
"use strict";

const KEPT = "scanner";
const PATIENCE = 2500; // ms: on a line that hangs, the copy is better than nothing

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  if (event.data === "keep") event.waitUntil(fromNetwork(event.source.url).then((answer) => keep(event.source.url, answer)).catch(() => {}));
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

async function page(event, address) {
  try {
    const answer = await fromNetwork(address);
    if (answer.status === 200) event.waitUntil(keep(address, answer.clone()));
    return answer.status >= 500 ? (await copy(address)) || answer : answer;
  } catch {
    return (await copy(address)) || Response.error();
  }
}

const copy = (address) => caches.match(address, { cacheName: KEPT });

async function piece(request) {
  return (await caches.match(request, { cacheName: KEPT, ignoreVary: true })) || fetch(request);
}

function fromNetwork(address) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  const options = { credentials: "omit", redirect: "manual", cache: "no-store", signal: patience.signal };
  return fetch(address, options).finally(() => clearTimeout(timer));
}

// The page and every file that it names, the QR reader included, which the page itself may never ask for.
async function keep(address, answer) {
  if (answer.status !== 200) return;
  const cache = await caches.open(KEPT);
  const pieces = new Set((await answer.clone().text()).match(/\/static\/[^"#]+/g) || []);
  await Promise.all([...pieces].map(async (name) => (await cache.match(name)) || cache.add(name)));
  const old = (await cache.keys()).map((request) => new URL(request.url).pathname);
  await cache.put(address, answer);
  const pages = (await cache.keys()).filter((request) => !new URL(request.url).pathname.startsWith("/static/"));
  if (pages.length > 1) return; // in both languages: their files are shared
  await Promise.all(old.filter((name) => name.startsWith("/static/") && !pieces.has(name)).map((name) => cache.delete(name)));
}
