// Asks below an address field whether another address was meant, before anything is sent to a slip of the pen.
"use strict";

(function () {
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
})();
