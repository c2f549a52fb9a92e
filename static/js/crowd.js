// Solves the puzzle of the crowded door in the background and sends the form with the solution. The worker is altcha's.
// Without this script, or where it cannot compute, the page offers a turn in a line instead.
"use strict";

(function () {
  const form = document.querySelector("form[data-challenge]");
  const line = document.querySelector("[data-line]");
  const working = document.querySelector("[data-working]");
  if (!form || !working || !window.Worker || !window.isSecureContext) return;
  const challenge = JSON.parse(form.dataset.challenge);
  const threads = Math.min(4, navigator.hardwareConcurrency || 1);
  const workers = [];

  function giveUp() {
    workers.forEach((worker) => worker.terminate());
    working.hidden = true;
    line.hidden = false;
  }

  function send(solution) {
    workers.forEach((worker) => worker.terminate());
    form.elements.proof.value = btoa(JSON.stringify({ challenge: challenge, solution: solution }));
    form.submit();
  }

  line.hidden = true;
  working.hidden = false;
  for (let number = 0; number < threads; number += 1) {
    const worker = new Worker(form.dataset.worker);
    workers.push(worker);
    worker.onerror = giveUp;
    worker.onmessage = (message) => (message.data && message.data.derivedKey ? send(message.data) : giveUp());
    worker.postMessage({ type: "work", challenge: challenge, counterStart: number, counterStep: threads, timeout: 90000 });
  }
})();
