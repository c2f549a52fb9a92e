/* A passkey is made or used: the browser asks its owner, and what it answers is sent with the form. */
"use strict";
(() => {
  const form = document.querySelector("form[data-passkey]");
  const button = form?.querySelector("[data-go]");
  if (!form || !window.webauthnJSON?.supported()) return;
  const failed = form.querySelector("[data-failed]");
  button.hidden = false;
  form.addEventListener("submit", async (event) => {
    /* Each press is a question of its own. What the field holds is no answer: the page comes with a word in it. */
    event.preventDefault();
    failed.hidden = button.disabled = true;
    try {
      const options = JSON.parse(form.dataset.options);
      const answer = await window.webauthnJSON[form.dataset.passkey](options);
      form.elements.credential.value = JSON.stringify(answer);
      form.submit();
    } catch {
      failed.hidden = button.disabled = false;
    }
  });
})();
