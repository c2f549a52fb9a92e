// Offers the phone's own way of passing something on, where it has one; the WhatsApp link beside it needs no script.
"use strict";

(function () {
  if (!navigator.share) return;
  for (const button of document.querySelectorAll("[data-share]")) {
    button.hidden = false;
    button.addEventListener("click", function () {
      navigator.share({ text: button.dataset.share }).catch(function () {}); // whoever thinks better of it does nothing
    });
  }
})();
