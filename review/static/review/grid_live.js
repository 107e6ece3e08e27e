// What colleagues do, seen in the grid within two seconds; and the way back to the same place in it.

(() => {
  const PAUSE = 2000;
  const AT_ONCE = 40; // no more are asked about at once: review/desk/live.py
  const PAGES = 10; // so many are loaded again at most to find the place
  const form = document.getElementById("grid");
  const { say, load, strokes, isBusy } = window.reviewGrid;
  let turn = 0;

  // Those that are seen; where they are more than can be asked about, in turns.
  function watched() {
    const seen = cells.all().filter((tile) => {
      const { top, bottom } = tile.getBoundingClientRect();
      return bottom > 0 && top < window.innerHeight;
    });
    turn = turn * AT_ONCE >= seen.length ? 0 : turn;
    const part = seen.slice(turn * AT_ONCE, (turn + 1) * AT_ONCE);
    turn += 1;
    return part;
  }

  function hold(tile, { held_by: who, mine }) {
    const chip = tile.querySelector(".holder");
    const words = mine ? "" : who ?? "";
    if (chip.lastElementChild.textContent === words && chip.hidden === !words) return;
    chip.lastElementChild.textContent = words;
    chip.hidden = !words;
    cells.label(tile);
  }

  async function look() {
    const tiles = document.hidden || isBusy() ? [] : watched();
    if (!tiles.length) return;
    const asked = strokes();
    const url = new URL(form.dataset.live, location.href);
    url.searchParams.set("ids", tiles.map((tile) => tile.dataset.review).join(","));
    const { reviews, count } = await ask(url).catch(() => ({}));
    if (!reviews || asked !== strokes()) return;
    const gone = [];
    for (const tile of tiles) {
      const now = reviews[tile.dataset.review];
      if (now && now.state !== "waiting" && now.state !== "claimed") gone.push([tile, now.words]);
      else if (now) hold(tile, now);
    }
    document.getElementById("count").textContent = count >= Number(form.dataset.counted) ? `${count} or more` : count;
    if (!gone.length) return;
    const names = gone.map(([tile, words]) => `${tile.dataset.name}: ${words}`);
    const detail = { gone: gone.map(([tile]) => tile), strokes: asked };
    document.dispatchEvent(new CustomEvent("grid:stale", { detail }));
    say(names.length > 3 ? `${names.length} pictures were decided on by others.` : names.join(" "));
  }

  async function watch() {
    await look();
    setTimeout(watch, PAUSE);
  }

  // Where one was, and what was picked: for whoever opens one at the desk, and comes back.
  const KEPT = "review-grid";
  const here = location.pathname + location.search;

  window.addEventListener("pagehide", () => {
    const picked = cells.picked().map((tile) => tile.dataset.review);
    const kept = { here, at: cells.at()?.dataset.review, picked, many: cells.all().length, top: window.scrollY };
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
  });

  function isBack() {
    const [entry] = performance.getEntriesByType("navigation");
    if (entry?.type === "back_forward" || entry?.type === "reload") return true;
    return document.referrer.startsWith(location.origin) && /\/review\/\d+\//.test(new URL(document.referrer).pathname);
  }

  async function restore() {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    if (!kept || kept.here !== here || !isBack()) return;
    for (let page = 0; page < PAGES && cells.all().length < kept.many; page += 1) {
      const more = document.querySelector("#more a");
      if (!more) break;
      await load(more);
    }
    for (const tile of cells.all()) cells.pick(tile, kept.picked.includes(tile.dataset.review));
    cells.place(cells.all());
    window.scrollTo(0, kept.top);
    cells.focus(cells.all().find((tile) => tile.dataset.review === kept.at));
  }

  sessionStorage.setItem("review-from", "grid");
  restore();
  watch();
})();
