// How far a file is, asked for once a second until it is done. Without this script the page loads itself anew.
"use strict";

(() => {
  const ask = async () => {
    const shown = document.getElementById("export-state");
    if (!shown || !("underWay" in shown.dataset)) return;
    try {
      const answer = await fetch(location.href, { headers: { "X-Requested-With": "fetch" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const newer = page.getElementById("export-state");
      if (newer && !("underWay" in newer.dataset)) return location.reload();
      if (newer) shown.replaceWith(newer);
    } catch {
      // The line is away: the next second asks again.
    }
    setTimeout(ask, 1000);
  };
  setTimeout(ask, 1000);
})();
