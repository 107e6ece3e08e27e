// Who has which picture, asked every two seconds while the page is seen: the strip, the count, and a word on what changes.

(() => {
  const EVERY = 2000;
  let timer = 0;

  function ids(desk) {
    const wanted = new Set([desk.dataset.review]);
    for (const one of desk.querySelectorAll(".strip [data-review]")) wanted.add(one.dataset.review);
    document.dispatchEvent(new CustomEvent("desk:watch", { detail: { ids: wanted } }));
    return [...wanted].join(",");
  }

  async function look() {
    clearTimeout(timer);
    const desk = document.getElementById("desk");
    if (!desk?.dataset.live) return;
    if (!document.hidden) {
      const asked = performance.now();
      const url = new URL(desk.dataset.live, location.href);
      url.searchParams.set("ids", ids(desk));
      try {
        tell(await ask(url), asked);
      } catch {
        // The line is down: the next look tells.
      }
    }
    clearTimeout(timer);
    timer = setTimeout(look, EVERY);
  }

  function tell({ reviews, count }, asked) {
    document.dispatchEvent(new CustomEvent("desk:news", { detail: { reviews, count, asked } }));
    const field = document.getElementById("desk-count");
    if (field) field.textContent = count < Number(field.dataset.most) ? count : `${count} or more`;
    const words = [];
    for (const one of document.querySelectorAll(".strip [data-review]")) {
      const said = mark(one, reviews[one.dataset.review]);
      if (said) words.push(said);
    }
    if (words.length) document.getElementById("desk-told").textContent = words.slice(0, 3).join(" ");
  }

  // What has changed since the last look, in words.
  function mark(one, standing) {
    if (!standing) return "";
    const tag = one.querySelector(".who-has");
    const name = one.dataset.name;
    const decided = !["waiting", "claimed"].includes(standing.state);
    const holder = standing.held_by && !standing.mine ? standing.held_by : "";
    const shown = decided ? SAID[standing.verdict] ?? "Decided" : holder;
    one.classList.toggle("is-decided", decided);
    if (tag.textContent === shown) return "";
    const before = tag.textContent;
    tag.textContent = shown;
    tag.hidden = !shown;
    if (decided) return `${standing.decided_by}: ${shown.toLowerCase()}, ${name}.`;
    return holder ? `${holder} looks at ${name}.` : `${before} no longer looks at ${name}.`;
  }

  const SAID = { approved: "Approved", rejected: "Rejected", changes_requested: "Changes" };

  document.addEventListener("desk:shown", look);
  document.addEventListener("desk:held", look);
  document.addEventListener("visibilitychange", () => document.hidden || look());
})();
