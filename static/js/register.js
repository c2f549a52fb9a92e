// Shows the part of the registration form that fits the birth date, without asking the server. Without this script the
// server sends that part; it decides in either case.
"use strict";

(function () {
  const form = document.querySelector("form[data-register]");
  if (!form) return;
  const birthDate = form.elements.birth_date;
  const button = form.querySelector("button[data-submit]");
  const inWords = form.querySelector("[data-in-words]");
  const language = document.documentElement.lang === "en" ? "en-GB" : "id-ID";

  function partFor(date) {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || date < "1900") return "";
    if (date < form.dataset.bornFrom || date > form.dataset.bornUntil) return "none";
    return date <= form.dataset.adultsUntil ? "adult" : "minor";
  }

  function show() {
    const part = partFor(birthDate.value);
    for (const section of form.querySelectorAll("[data-part]")) {
      section.hidden = section.dataset.part !== part;
      if ("disabled" in section) section.disabled = section.hidden;
    }
    button.textContent = part === "adult" || part === "minor" ? button.dataset.submit : button.dataset.next;
    const day = part && new Date(birthDate.value + "T12:00:00Z");
    inWords.textContent = day
      ? new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" }).format(day)
      : "";
  }

  birthDate.addEventListener("change", show);
  birthDate.addEventListener("input", show);
  window.addEventListener("pageshow", show); // also when the browser brings the page back
  show();

  // A second press while the first is on its way does nothing; the form's key makes it harmless anyway.
  form.addEventListener("submit", function (event) {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(function () { delete form.dataset.sent; }, 4000);
  });
})();
