(() => {
  const head = document.querySelector(".edukit-head");
  const kept = ["class", "from", "to"];
  const LOOK_MS = 5000;
  // Where links lead from here: they keep what the page's address says now.
  function follow() {
    const now = new URL(location.href), here = now.pathname + now.search;
    const asked = kept.filter((name) => now.searchParams.get(name)).map((name) => [name, now.searchParams.get(name)]);
    for (const link of head.querySelectorAll("nav.pages a, .edukit-name")) {
      const to = new URL(link.href);
      to.search = new URLSearchParams(asked);
      link.href = to;
    }
    const search = head.querySelector("[role=search]");
    if (search) {
      for (const field of search.querySelectorAll("[type=hidden]")) field.remove();
      for (const [name, value] of asked) search.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    for (const field of head.querySelectorAll("[name=next]")) field.value = here;
    const account = head.querySelector(".edukit-account");
    if (account) {
      const to = new URL(account.href);
      to.searchParams.set("next", here);
      account.href = to;
    }
  }
  addEventListener("edukit:address", follow);
  addEventListener("popstate", follow);
  head.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

  const themes = head.querySelector(".edukit-theme");
  themes?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = event.submitter.value, said = themes.querySelector("[role=status]");
    document.documentElement.dataset.theme = chosen;
    for (const one of themes.querySelectorAll("button")) one.setAttribute("aria-pressed", one.value === chosen);
    const body = new URLSearchParams({ _xsrf: themes.elements._xsrf.value, theme: chosen });
    const saved = await fetch(themes.action, { method: "POST", body, redirect: "manual" }).then((answer) => answer.ok, () => false);
    said.textContent = saved ? "Saved." : "This page shows it, but it could not be saved. Choose it again in a minute.";
  });

  // A page that could not be shown because a store was away is asked for again once both are back.
  addEventListener("DOMContentLoaded", () => {
    const health = document.querySelector("[data-health]")?.dataset.health;
    async function look() {
      const answer = await fetch(health, { cache: "no-store" }).catch(() => null);
      if (answer?.ok) location.reload();
      else setTimeout(look, LOOK_MS);
    }
    if (health) setTimeout(look, LOOK_MS);
  });

  const print = head.querySelector(".edukit-print");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => { menu.open = false; window.print(); });
  }
  const menu = head.querySelector(".edukit-menu");
  addEventListener("click", (event) => { if (menu?.open && !menu.contains(event.target)) menu.open = false; });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu?.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
})();
