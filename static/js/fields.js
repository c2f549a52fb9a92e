// Helps with the fields of any form: asks below an address whether another one was meant, and takes back what the server
// has refused once it is mended.
"use strict";

(function () {
  // --- Slips of the pen
  // One letter added, left out or changed, or two neighbours changed about.
  function isSlip(typed, known) {
    let start = 0, end = 0;
    while (start < typed.length && typed[start] === known[start]) start++;
    const rest = Math.min(typed.length, known.length) - start;
    while (end < rest && typed[typed.length - 1 - end] === known[known.length - 1 - end]) end++;
    const here = typed.slice(start, typed.length - end), there = known.slice(start, known.length - end);
    return (here.length < 2 && there.length < 2) || (here.length === 2 && here[1] + here[0] === there);
  }

  // The domain that was probably meant, "" where the typed one may well be right.
  function meant(domain, data) {
    const known = data.domains.split(" ");
    if (known.concat(data.real.split(" ")).indexOf(domain) >= 0) return "";
    const near = known.find((one) => isSlip(domain, one));
    if (near) return near;
    const ending = data.endings.split(" ").map((pair) => pair.split(">")).find((pair) => domain.endsWith(pair[0]));
    return ending ? domain.slice(0, -ending[0].length) + ending[1] : "";
  }

  const inbox = (address) => {
    const parts = address.trim().toLowerCase().split("@");
    return parts[0].split("+")[0].replace(/\./g, "") + "@" + parts[1];
  };

  for (const hint of document.querySelectorAll("[data-slip]")) {
    const form = hint.closest("form"), field = form.elements[hint.dataset.slip], own = form.dataset.own;
    const show = function () {
      const address = field.value.trim(), at = address.lastIndexOf("@");
      hint.textContent = "";
      if (at < 1) return;
      if (hint.dataset.same && own && inbox(address) === inbox(own)) {
        hint.textContent = hint.dataset.same;
        return;
      }
      const domain = meant(address.slice(at + 1).toLowerCase(), hint.dataset);
      if (!domain) return;
      const use = document.createElement("button"), better = address.slice(0, at + 1) + domain;
      use.type = "button";
      use.className = "link-button";
      use.textContent = hint.dataset.use;
      use.addEventListener("click", function () {
        field.value = better;
        field.dispatchEvent(new Event("input", { bubbles: true }));
        field.focus();
      });
      hint.append(hint.dataset.ask + " " + better + "?", use);
    };
    field.addEventListener("input", show);
    window.addEventListener("pageshow", show); // also when the browser brings the page back
    show();
  }

  // --- What the server has refused stands until it is mended: one message for one error, and none of what is not asked.
  // Whether it is mended the browser knows of most fields; who knows better of one keeps its "mended" from happening.
  const summary = document.getElementById("galat");
  const all = (selector) => document.querySelectorAll(selector);
  const group = (control) => control.type === "radio" ? Array.from(control.form.querySelectorAll("[name=" + control.name + "]")) : [control];
  const said = (control) => group(control).map((one) => one.type === "checkbox" || one.type === "radio" ? one.checked : one.value).join();
  const asked = Array.from(all("[aria-invalid=true]")).filter((control) => group(control)[0] === control); // a group once
  const refused = asked.map((control) => ({ control: control, was: said(control) }));
  const lines = (control) => Array.from(all('#galat a[href="#' + control.id + '"]'), (link) => link.closest("li"));
  const isFine = (control) => control.checkValidity() && (!/_name$/.test(control.name) || /\p{L}/u.test(control.value)) &&
    control.dispatchEvent(new Event("mended", { bubbles: true, cancelable: true }));

  function mend() {
    for (const one of refused) {
      const control = one.control, name = control.name, stands = said(control) === one.was || !isFine(control);
      for (const hint of control.form.querySelectorAll("[data-slip=" + name + "], [data-hint=" + name + "]")) hint.hidden = stands;
      for (const line of lines(control)) line.hidden = control.matches(":disabled");
      if (stands) continue;
      refused.splice(refused.indexOf(one), 1);
      for (const one of group(control)) one.removeAttribute("aria-invalid");
      const id = control.type === "radio" ? control.id.replace(/_0$/, "") : control.id; // of the first its group's, and _0
      for (const gone of all("[id=" + id + "_error], [data-refused=" + name + "]")) gone.remove();
      for (const line of lines(control)) line.remove();
      return mend();
    }
    const list = summary && summary.querySelector("ul");
    if (list && !list.children.length) (summary.querySelector("p") ? list : summary).remove();
    else if (list) summary.hidden = !list.querySelector("li:not([hidden])");
  }
  if (summary) summary.focus();
  if (refused.length) {
    document.addEventListener("input", mend); // after the form's own script, which says what is asked
    window.addEventListener("pageshow", mend);
  }
})();
