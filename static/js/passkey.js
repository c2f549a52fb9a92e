/* A passkey is made or used: the browser asks its owner, and what it answers is sent with the form. */
"use strict";
(() => {
  const form = document.querySelector("form[data-passkey]");
  const button = form?.querySelector("[data-go]");
  if (!form || !window.webauthnJSON?.supported()) return;
  button.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    form.querySelector("[data-failed]").hidden = true;
    try {
      const options = JSON.parse(form.dataset.options);
      const answer = await window.webauthnJSON[form.dataset.passkey](options);
      form.elements.credential.value = JSON.stringify(answer);
      form.submit();
    } catch {
      form.querySelector("[data-failed]").hidden = false;
    }
  });
})();
