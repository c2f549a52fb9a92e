// Helps with the registration form and never stands in the way: shows the part that fits the birth date, says how dates,
// numbers and addresses are read, reads everything back before it is sent, and keeps a draft. The server decides.
"use strict";

(function () {
  const form = document.querySelector("form[data-register]");
  if (!form) return;
  const data = form.dataset;
  const field = (name) => form.elements[name];
  const button = form.querySelector("button[data-submit]");
  const language = document.documentElement.lang === "en" ? "en-GB" : "id-ID";

  // --- The birth date, in words
  function partFor(date) {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || date < "1900") return "";
    if (date < data.bornFrom || date > data.bornUntil) return "none";
    return date <= data.adultsUntil ? "adult" : "minor";
  }

  const inWords = form.querySelector("[data-in-words]");
  function bornInWords() {
    const born = field("birth_date").value;
    if (!partFor(born)) return "";
    const first = data.firstDay;
    const age = first.slice(0, 4) - born.slice(0, 4) - (first.slice(5) < born.slice(5) ? 1 : 0);
    const day = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" }).format(new Date(born + "T12:00Z"));
    return inWords.dataset.inWords.replace("%d", day).replace("%n", age);
  }

  function show() {
    const part = partFor(field("birth_date").value);
    for (const section of form.querySelectorAll("[data-part]")) {
      section.hidden = section.dataset.part !== part;
      if ("disabled" in section) section.disabled = section.hidden;
    }
    button.textContent = part === "adult" || part === "minor" ? button.dataset.submit : button.dataset.next;
    inWords.textContent = bornInWords();
  }

  // --- The telephone number, as it is understood; one of another country is left as it was typed
  const understood = form.querySelector("[data-phone]");
  let incomplete; // said once nobody types on
  function phone() {
    let digits = field("phone").value.normalize("NFKC").replace(/[^\d+]/g, "").replace(/^(\+62|0062|62)0?|^(?=8)/, "0");
    if (!/^08\d{8,11}$/.test(digits)) return "";
    const middle = digits.length > 10 ? 8 : 7;
    return [digits.slice(0, 4), digits.slice(4, middle), digits.slice(middle)].join("-");
  }
  function showPhone() {
    clearTimeout(incomplete);
    understood.textContent = phone() && understood.dataset.phone + " " + phone();
    if (/^(\+62|0062|62)?0?8\d{0,7}$/.test(field("phone").value.replace(/[^\d+]/g, "")))
      incomplete = setTimeout(function () { understood.textContent = understood.dataset.incomplete; }, 1500);
  }

  // --- When what was refused is mended, where the browser does not know: see static/js/fields.js
  const isFine = {
    birth_date: () => ["adult", "minor"].includes(partFor(field("birth_date").value)),
    phone: () => phone() !== "",
  };
  form.addEventListener("mended", function (event) {
    const check = isFine[event.target.name];
    if (check && !check()) event.preventDefault();
  });

  // --- The draft: at most every ten seconds, tried again when the line is weak
  const saved = form.querySelector("[data-saved]");
  const EVERY = 10000;
  let timer, last = 0, leaving = false;
  function change() {
    if (!timer && !leaving) timer = setTimeout(save, Math.max(3000, last + EVERY - Date.now()));
  }
  function save() {
    clearTimeout(timer);
    timer = null;
    last = Date.now();
    const body = new URLSearchParams(new FormData(form));
    body.set("quiet", "1");
    return fetch(data.draft, { method: "POST", body: body, keepalive: true }).then(function (answer) {
      if (answer.status !== 204) throw new Error(answer.status);
      saved.textContent = saved.dataset.saved + " " +
        new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(new Date());
    }).catch(function () {
      saved.textContent = saved.dataset.unsaved;
      change();
    });
  }
  form.querySelector("[data-save]").addEventListener("click", function (event) {
    event.preventDefault();
    save();
  });
  document.addEventListener("visibilitychange", function () {
    if (timer && document.visibilityState === "hidden") save();
  });
  window.addEventListener("beforeunload", function () { // before a reload asks for the page, else it shows an older draft
    if (timer) save();
  });

  // --- Reading back, then sending; a second press while the first is on its way does nothing
  const check = document.querySelector("[data-check]");
  function words(name) {
    const control = form.querySelector("[name=" + name + "]:enabled");
    if (!control) return "";
    if (control.type === "checkbox") return control.checked ? check.querySelector("[data-from=" + name + "]").dataset.words : "";
    if (name === "birth_date") return bornInWords();
    if (name === "phone") return phone() || control.value;
    return control.options ? control.value && control.options[control.selectedIndex].text : control.value.trim();
  }
  form.addEventListener("submit", function (event) {
    if (leaving) return event.preventDefault();
    const part = partFor(field("birth_date").value);
    if (check.showModal && form.checkValidity() && field("checked").value !== "1" && (part === "adult" || part === "minor")) {
      event.preventDefault();
      for (const row of check.querySelectorAll("[data-from]")) {
        row.lastElementChild.textContent = words(row.dataset.from);
        row.hidden = !row.lastElementChild.textContent;
      }
      check.showModal();
      return showMore();
    }
    leaving = true;
    clearTimeout(timer);
    timer = null;
    setTimeout(function () { leaving = false; }, 4000);
  });
  const more = check.querySelector("[data-more]");
  function showMore() { more.hidden = check.scrollTop + check.clientHeight > check.scrollHeight - 8; }
  check.addEventListener("scroll", showMore);
  window.addEventListener("resize", showMore);
  check.querySelector("[data-change]").addEventListener("click", function () { check.close(); });
  check.querySelector("[data-send]").addEventListener("click", function (event) {
    if (leaving || event.detail > 1) return; // the second press of two was meant for the button before
    field("checked").value = "1";
    button.click();
  });

  function refresh() { show(); showPhone(); }
  form.addEventListener("input", function () { refresh(); change(); });
  field("birth_date").addEventListener("change", show); // not `refresh`: leaving a field must not move what is being pressed
  window.addEventListener("pageshow", function () { // also when the browser brings the page back
    leaving = false;
    field("checked").value = "";
    if (check.open) check.close();
    refresh();
  });
  refresh();
})();
