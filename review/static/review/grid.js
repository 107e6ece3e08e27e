// The grid's verdicts: many at a stroke, undone for some seconds, with what colleagues do meanwhile.

(() => {
  const form = document.getElementById("grid");
  const why = document.getElementById("why");
  const undo = document.getElementById("undo");
  const wrong = document.getElementById("wrong");
  const told = document.getElementById("desk-told");
  const all = form.querySelector("[data-act=grid-all]");
  const most = Number(form.dataset.most);
  let busy = false;
  let last; // the stroke that can be undone: its act, and all tiles as they stood
  let strokes = 0; // an answer to what was asked before a stroke is out of date

  const say = (words) => (told.textContent = words);

  function complain(words) {
    wrong.textContent = words;
    wrong.hidden = !words;
  }

  // The number is on the buttons.
  function count() {
    const number = cells.picked().length;
    const some = number ? ` ${number}` : "";
    const tooMany = number > most ? `, ${most} at most at one stroke` : "";
    document.getElementById("picked").textContent = busy ? `Deciding on ${number}…` : number ? `${number} picked${tooMany}` : "None picked";
    form.querySelector("#approve > span").textContent = `Approve${some}`;
    form.querySelector("#why > summary > span").textContent = `Reject${some}…`;
    form.querySelector("#reject > span").textContent = `Reject${some}`;
    all.hidden = !cells.all().length;
    all.firstChild.textContent = number && number === cells.all().length ? "None" : "All";
    for (const button of form.querySelectorAll("#approve, #reject")) button.disabled = busy || !number || number > most;
  }

  function work(yes) {
    busy = yes;
    form.setAttribute("aria-busy", String(yes));
    count();
  }

  async function decide(verdict) {
    if (busy) return;
    complain(cells.picked().length ? "" : "Pick pictures first: a click or Space picks one.");
    if (form.querySelector("#approve").disabled) return;
    const said = new FormData(form);
    said.set("verdict", verdict);
    work(true);
    try {
      settle(await ask(form.action, said));
    } catch (error) {
      complain(error.message);
    } finally {
      work(false);
    }
  }

  // What is decided leaves; what was refused stays, and says why.
  function settle({ act, words, done, refused, seconds }) {
    strokes += 1;
    const tiles = cells.all();
    const reasons = new Map(refused);
    for (const tile of tiles) {
      cells.pick(tile, false);
      explain(tile, reasons.get(Number(tile.dataset.review)) ?? "");
    }
    if (why.open) {
      why.open = false;
      for (const field of why.querySelectorAll("input")) field.checked = false;
      why.querySelector("textarea").value = "";
    }
    cells.remove(tiles.filter((tile) => done.includes(Number(tile.dataset.review))));
    if (done.length) {
      last = { act, tiles };
      offer(act, words, seconds);
    } else say(words);
    cells.focus();
    fill();
  }

  function explain(tile, words) {
    const place = tile.querySelector(".why-not");
    place.textContent = words;
    place.hidden = !words;
    cells.label(tile);
  }

  // An empty grid takes more, or says that there is none.
  function fill() {
    const empty = !cells.all().length;
    const more = document.querySelector("#more a");
    document.getElementById("nothing").hidden = !empty || Boolean(more);
    if (empty && more) load(more);
    if (empty && !more && document.activeElement === document.body) undo.querySelector("button").focus();
  }

  // Undo: the clock runs for the eye only.
  let clock;
  function offer(act, words, seconds) {
    clearInterval(clock);
    if (seconds <= 0) return say(words);
    undo.elements.act.value = act;
    undo.querySelector(".undo-said").textContent = words;
    const end = performance.now() + seconds * 1000;
    const tick = () => {
      const left = Math.ceil((end - performance.now()) / 1000);
      undo.querySelector(".undo-left").textContent = `${left} s`;
      if (left <= 0) close();
    };
    undo.hidden = false;
    tick();
    clock = setInterval(tick, 250);
    return undefined;
  }

  function close() {
    clearInterval(clock);
    const hadFocus = undo.contains(document.activeElement);
    undo.hidden = true;
    if (hadFocus) cells.focus();
  }

  async function takeBack() {
    const { value } = undo.elements.act;
    close();
    try {
      const { reviews, words } = await ask(undo.action, new FormData(undo));
      strokes += 1;
      // Decided before this page came: it has no tiles of theirs.
      if (last?.act !== value) return location.reload();
      const here = new Set([...cells.all(), ...last.tiles.filter((tile) => reviews.includes(Number(tile.dataset.review)))]);
      cells.place([...new Set([...last.tiles, ...here])].filter((tile) => here.has(tile)));
      say(words);
      fill();
      cells.focus();
    } catch (error) {
      complain(error.message);
    }
    return undefined;
  }

  // More of them, behind those that are there. The choice stays.
  async function load(link) {
    const [url, mine] = [new URL(link.href), link.contains(document.activeElement)];
    url.searchParams.set("part", "tiles");
    const response = await fetch(url).catch(() => undefined);
    if (!response?.ok || response.redirected) return location.assign(link.href);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const known = new Set(cells.all().map((tile) => tile.dataset.review));
    const fresh = [...page.querySelectorAll("[data-review]")].filter((tile) => !known.has(tile.dataset.review));
    const more = page.getElementById("more");
    if (more) document.getElementById("more").replaceWith(more);
    else document.getElementById("more").remove();
    cells.add(fresh.map((tile) => document.adoptNode(tile)));
    if ((mine || !known.size) && fresh.length) cells.focus(fresh[0]);
    say(`${fresh.length} more`);
    fill();
    return undefined;
  }

  function openReasons() {
    complain(cells.picked().length ? "" : "Pick pictures first: a click or Space picks one.");
    if (!cells.picked().length) return;
    why.open = true;
    why.querySelector("input").focus();
  }

  function closeReasons() {
    why.open = false;
    cells.focus();
  }

  const DO = {
    approve: () => decide("approved"),
    reject: () => (why.open ? closeReasons() : openReasons()),
    undo: () => undo.hidden || undo.requestSubmit(),
    "grid-all": () => cells.pickAll(cells.picked().length < cells.all().length),
  };

  document.addEventListener("desk:act", (event) => {
    if (!(event.detail.action in DO)) return;
    event.preventDefault();
    DO[event.detail.action]();
  });

  // While reasons are asked for, digits choose them, Enter sends, Escape closes.
  why.addEventListener("keydown", (event) => {
    if (!why.open || event.ctrlKey || event.altKey || event.metaKey) return;
    const writes = event.target.matches("textarea");
    const chosen = why.querySelectorAll("input[name=reason]")[Number(event.key) - 1];
    if (event.key === "Escape") closeReasons();
    else if (event.key === "Enter" && !event.shiftKey && event.target.matches("input, textarea")) decide("rejected");
    else if (!writes && chosen) chosen.click();
    else return;
    event.preventDefault();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.submitter) decide(event.submitter.value);
  });

  undo.addEventListener("submit", (event) => {
    event.preventDefault();
    takeBack();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("#more a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    load(link);
  });

  cells.box.addEventListener("pick", count);
  document.addEventListener("grid:stale", (event) => {
    if (event.detail.strokes !== strokes || busy) return;
    cells.remove(event.detail.gone);
    fill();
  });

  window.reviewGrid = { say, load, strokes: () => strokes, isBusy: () => busy };
  if (!undo.hidden) offer(undo.elements.act.value, undo.querySelector(".undo-said").textContent, Number(undo.dataset.seconds));
  count();
  document.dispatchEvent(new Event("grid:shown"));
})();
