// On a narrow screen the tabs are wider than it: the one that is open is brought into view.
"use strict";

(() => {
  const here = document.querySelector(".tabs [aria-current]");
  const tabs = here?.closest(".tabs");
  if (tabs) tabs.scrollLeft = here.offsetLeft - (tabs.clientWidth - here.offsetWidth) / 2;
})();
