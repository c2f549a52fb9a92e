// Exchanges the code on the wall when it ends. Without a line the old one stays, and goes out by itself at the server.
"use strict";

(() => {
  const wall = () => document.getElementById("wall");
  let until = Date.now() + wall().dataset.left * 1000;

  const exchange = async () => {
    try {
      const response = await fetch(location.href, { signal: AbortSignal.timeout?.(8000) });
      if (response.redirected) return location.reload(); // the login has ended
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.getElementById("wall");
      if (!fresh) return undefined;
      wall().replaceWith(fresh);
      until = Date.now() + fresh.dataset.left * 1000;
    } catch {
      until = Date.now() + 3000;
    }
    return undefined;
  };

  setInterval(() => {
    const left = (until - Date.now()) / 1000;
    const bar = document.querySelector("progress");
    if (bar) bar.value = Math.max(0, left);
    if (left <= 0) {
      until = Infinity;
      exchange();
    }
  }, 500);
})();
