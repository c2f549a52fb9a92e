// Offers to print the ticket, and has the worker keep it for when there is no network. The page is whole without it.
"use strict";

(function () {
  const printer = document.querySelector("[data-print]");
  printer.hidden = false;
  printer.addEventListener("click", () => window.print());

  const workers = navigator.serviceWorker;
  if (!workers) return;
  function sayKept() {
    document.querySelector("[data-kept]").hidden = false;
    document.querySelector("[data-keep-it]").hidden = true;
  }
  workers.addEventListener("message", (event) => event.data === "kept" && sayKept());
  if (workers.controller) sayKept(); // the page came through the worker, which has kept it
  else workers.ready.then((place) => place.active.postMessage(location.pathname + location.search));
  workers.register(document.currentScript.dataset.worker).catch(() => {}); // private windows may refuse
})();
