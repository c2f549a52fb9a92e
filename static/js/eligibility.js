// Answers the ten-second check in place. Without this script, or without a connection to it, the form goes to its own page.
"use strict";

document.addEventListener("submit", function (event) {
  const part = event.target.closest("[data-eligibility]");
  if (!part || !window.fetch || !window.DOMParser) return;
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  button.disabled = true;
  fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "omit" })
    .then(function (response) { return response.text(); })
    .then(function (text) {
      const answered = new DOMParser().parseFromString(text, "text/html").querySelector("[data-eligibility]");
      if (!answered) throw new Error("no answer in the page");
      part.replaceWith(answered);
      const wrong = answered.querySelector("[aria-invalid=true]"), answer = answered.querySelector(".answer");
      if (wrong) return wrong.focus();
      answer.querySelector("h3").focus({ preventScroll: true });
      answer.scrollIntoView({ block: "nearest" }); // all of it, where the screen is high enough
    })
    .catch(function () { form.submit(); });
});
