// Shares with the phone's own menu where there is one, and forgets a kept ticket that is no longer one of the reader's.
"use strict";

(function () {
  for (const link of document.querySelectorAll("[data-share]")) {
    if (!navigator.share) break;
    link.addEventListener("click", function (event) {
      event.preventDefault();
      navigator.share({ text: link.dataset.text, url: link.dataset.share }).catch(() => {}); // closed without sharing
    });
  }

  if (!window.caches) return;
  const form = document.querySelector("[data-tickets]");
  const own = form.dataset.tickets.split(" ");
  form.addEventListener("submit", () => caches.delete("ticket"));
  (async function () {
    if (!(await caches.has("ticket"))) return;
    const cache = await caches.open("ticket");
    for (const request of await cache.keys()) {
      if (request.url.includes("/static/")) continue;
      const code = (await (await cache.match(request)).text()).match(/data-ticket="([^"]+)"/);
      if (!code || !own.includes(code[1])) await caches.delete("ticket");
    }
  })();
})();
