// Keeps the ticket on this phone: from the network first, from the copy when there is none. The copy goes as soon as the
// portal no longer shows the ticket: to somebody else, after logging out, or because the place was released.
"use strict";

const KEPT = "ticket";
const PATIENCE = 8000; // ms: on a line that hangs the copy is better than nothing

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  event.waitUntil(fromNetwork(location.origin + event.data).then((answer) => keep(event.data, answer))
    .then((kept) => kept && event.source.postMessage("kept")).catch(() => {}));
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate") event.respondWith(page(event, url.pathname + url.search));
  else if (url.pathname.startsWith("/static/")) event.respondWith(piece(event.request));
});

async function page(event, path) {
  let answer;
  try {
    answer = await fromNetwork(event.request.url);
  } catch {
    return (await copy(path)) || Response.error();
  }
  if (answer.status >= 500) return (await copy(path)) || answer;
  event.waitUntil(keep(path, answer.clone()));
  return answer;
}

async function piece(request) {
  return (await caches.match(request, { cacheName: KEPT })) || fetch(request);
}

function fromNetwork(url) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  const options = { credentials: "same-origin", redirect: "manual", cache: "no-store", signal: patience.signal };
  return fetch(url, options).finally(() => clearTimeout(timer));
}

// Keep the page and what it is drawn with; anything but the ticket itself ends the copy.
async function keep(path, answer) {
  if (answer.status !== 200) {
    await caches.delete(KEPT);
    return false;
  }
  const cache = await caches.open(KEPT);
  const pieces = (await answer.clone().text()).match(/\/static\/[^"]+/g) || [];
  await Promise.all(pieces.map(async (name) => (await cache.match(name)) || cache.add(name)));
  await cache.put(path, answer);
  return true;
}

// The kept page, with the line shown that says what it is and from when.
async function copy(path) {
  const kept = await caches.match(path, { cacheName: KEPT });
  if (!kept) return undefined;
  const text = (await kept.text()).replace(" data-copy hidden", " data-copy");
  return new Response(text, { headers: kept.headers });
}
