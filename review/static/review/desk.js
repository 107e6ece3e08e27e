// The flow of the desk: the next picture is there before the verdict on this one has arrived.

(() => {
  const FAR = 3;
  const UNDO = 10_000; // ms
  const RENEW = 60_000;
  const NEW = 5_000; // how often an empty desk looks for pictures
  const JUST_NOW = 1_500;
  const CALM = 300; // so long no verdict is taken after a picture came by itself: it was meant for another
  const DOUBLE = 500; // so long the second of two clicks belongs to the first, and to its picture

  const coming = []; // fetched ahead: { review, url, node, ready }
  const sent = new Map(); // a review's number to the promise of its verdict: no two are sent for one
  const done = []; // what can be undone, newest last: { words, until, act or posted }
  let looking = null;
  let moving = false;
  let calmUntil = -DOUBLE;
  let pressedAt = 0;
  let deep = history.state?.deep ?? 0;

  const at = () => document.getElementById("desk");
  const bar = () => document.getElementById("undo");
  const number = () => at().dataset.review;
  const emit = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
  const tell = (words) => (document.getElementById("desk-told").textContent = words);

  // --- What comes next

  async function fragment(address) {
    const url = new URL(address, location.href);
    url.searchParams.set("part", "desk");
    const response = await fetch(url, { cache: "no-store", headers: { Accept: "text/html" } });
    const holder = document.createElement("template");
    holder.innerHTML = response.ok && !response.redirected ? await response.text() : "";
    const found = holder.content.getElementById("desk");
    if (!found) throw new Error(`There is no picture at ${address}.`);
    return document.importNode(found, true);
  }

  function prepare(one) {
    const ahead = { ...one, review: String(one.review), node: null };
    ahead.ready = fragment(one.url).then(
      async (node) => {
        const shown = [...node.querySelectorAll("img")];
        for (const each of shown) if (each.loading !== "lazy") each.fetchPriority = "high";
        await Promise.allSettled(shown.map((each) => each.decode()));
        await document.fonts.ready;
        ahead.node = node;
      },
      () => drop(ahead.review),
    );
    for (const source of one.pictures ?? []) new Image().src = source;
    return ahead;
  }

  function drop(review) {
    const place = coming.findIndex((one) => one.review === review);
    if (place >= 0) coming.splice(place, 1);
    return place >= 0;
  }

  function lookAhead() {
    if (!at().dataset.ahead || coming.length >= FAR) return Promise.resolve();
    looking ??= (async () => {
      const before = number();
      const url = new URL(at().dataset.ahead, location.href);
      if (before) url.searchParams.set("after", before);
      const { next } = await ask(url).catch(() => ({ next: [] }));
      looking = null;
      for (const one of next) {
        const known = [number(), ...coming.map((each) => each.review), ...sent.keys()];
        if (!known.includes(String(one.review)) && coming.length < FAR) coming.push(prepare(one));
      }
      if (number() !== before) await lookAhead();
    })();
    return looking;
  }

  // --- From picture to picture

  function put(node, push = true) {
    emit("desk:leaving");
    at().replaceWith(node);
    calmUntil = Math.max(calmUntil, performance.now());
    deep += push ? 1 : 0;
    if (push) history.pushState({ deep }, "", node.dataset.url);
    document.title = node.dataset.title;
    window.scrollTo(0, 0);
    node.querySelector("#desk-title").focus({ preventScroll: true });
    show();
    // After it is painted: forms that htmx sends, and what the server is told.
    requestAnimationFrame(() => setTimeout(() => window.htmx?.process(node)));
  }

  function show() {
    at().shownAt = performance.now();
    emit("desk:shown");
    hold();
    lookAhead();
  }

  async function advance() {
    if (moving) return;
    if (coming[0]?.node) {
      follow(coming.shift());
      return;
    }
    moving = true;
    at().classList.add("is-busy");
    try {
      if (!coming.length) await lookAhead();
      const next = coming[0];
      await next?.ready;
      if (next?.node && coming[0] === next) follow(coming.shift());
      else await leave();
    } finally {
      moving = false;
      at().classList.remove("is-busy");
    }
  }

  // It came by itself, so that it may go by itself where a colleague has it already.
  function follow({ node }) {
    node.byItself = true;
    put(node);
  }

  // Nothing more is known to wait; what was sent has arrived before the desk says so.
  async function leave() {
    const [last] = await Promise.allSettled([sent.get(number())]);
    await Promise.allSettled([...sent.values()]);
    if (last.status === "fulfilled") location.assign(at().dataset.next);
  }

  async function visit(url, push = true) {
    const old = at();
    const known = coming.find((one) => one.url === url && one.node);
    try {
      const node = known?.node ?? (await fragment(url));
      if (at() !== old) return;
      drop(node.dataset.review);
      release(old);
      put(node, push);
    } catch {
      location.assign(url);
    }
  }

  // --- Who has it

  async function hold() {
    const desk = at();
    if (desk.dataset.open === undefined || document.hidden || sent.has(number())) return;
    desk.holding = ask(desk.dataset.hold, new FormData());
    try {
      await desk.holding;
      desk.heldAt = performance.now();
      emit("desk:held");
    } catch (error) {
      if (desk === at() && (error.status === 409 || error.status === 403)) lost(error.message);
    }
  }

  function release(desk) {
    if (desk.dataset.open === undefined || sent.has(desk.dataset.review)) return;
    const back = () => ask(desk.dataset.skip, new FormData()).catch(() => {});
    Promise.resolve(desk.holding).then(back, () => {});
  }

  // A colleague has it, or was faster.
  async function lost(words) {
    const desk = at();
    if (sent.has(number()) || desk.dataset.open === undefined) return;
    delete desk.dataset.open;
    tell(words);
    if (desk.byItself && performance.now() - desk.shownAt < JUST_NOW && !desk.touched) {
      calmUntil = performance.now() + JUST_NOW; // until the next one is there
      await advance();
      calmUntil = performance.now() + CALM;
      return;
    }
    const within = desk.querySelector(".desk-side").contains(document.activeElement);
    desk.querySelector("#verdict").replaceWith(notice(words, desk.dataset.next));
    if (within) desk.querySelector(".next-one").focus();
    // With what the server knows: an owner's button, a verdict's reasons.
    const side = await fragment(desk.dataset.url).then((node) => node.querySelector(".standing"), () => null);
    const here = desk.querySelector(".lost");
    if (!side || !here || here.contains(document.activeElement)) return;
    here.replaceWith(side);
  }

  function notice(words, next) {
    const found = document.getElementById("desk-lost").content.cloneNode(true);
    found.querySelector(".lost-words").textContent = words;
    found.querySelector(".next-one").href = next;
    return found;
  }

  // --- Verdicts

  function decide(verdict) {
    const desk = at();
    if (desk.dataset.open === undefined || sent.has(number()) || pressedAt < calmUntil) return;
    const body = new FormData(desk.querySelector("#verdict"));
    body.set("verdict", verdict);
    const name = document.getElementById("desk-title").textContent;
    const act = { review: number(), url: desk.dataset.url, words: `${name}: ${verdict}.`, until: Date.now() + UNDO };
    act.posted = ask(desk.dataset.decide, body);
    sent.set(act.review, act.posted);
    done.push(act);
    act.posted.then(
      (said) => Object.assign(act, { act: said.act, words: said.words }),
      (error) => refused(act, name, error),
    ).then(showUndo);
    advance();
    showUndo();
  }

  // Nothing is lost: what is not decided can be decided still.
  function refused(act, name, error) {
    done.splice(done.indexOf(act), 1);
    if (error.status !== 409) sent.delete(act.review);
    const box = document.getElementById("desk-refused").content.cloneNode(true);
    box.querySelector(".refused-words").textContent = `${name}: ${error.message}`;
    box.querySelector("a").href = act.url;
    document.getElementById("toasts").append(box);
    if (act.review === number()) lost(error.message);
  }

  async function undo() {
    const last = done.pop();
    if (!last) return false;
    showUndo();
    try {
      await last.posted;
      const body = new FormData();
      body.set("act", last.act);
      const said = await ask(bar().action, body);
      for (const review of said.reviews) sent.delete(String(review));
      const now = at();
      if (now.dataset.open !== undefined && !sent.has(now.dataset.review)) {
        coming.unshift(prepare({ review: now.dataset.review, url: now.dataset.url }));
      }
      if (said.reviews.length > 1) location.assign(said.url);
      else put(await fragment(said.url));
      tell(said.words);
    } catch (error) {
      if (last.act) window.toast(error.message);
    }
    return true;
  }

  function showUndo() {
    while (done.length && done.at(-1).until <= Date.now()) done.pop();
    const form = bar();
    const last = done.at(-1);
    if (!form) return;
    if (!last && form.contains(document.activeElement)) document.getElementById("desk-title").focus();
    form.hidden = !last;
    if (!last) return;
    const said = form.querySelector(".undo-said");
    if (said.textContent !== last.words) said.textContent = last.words;
    form.elements.act.value = last.act ?? "";
    tick();
  }

  function tick() {
    const last = done.at(-1);
    const left = last ? last.until - Date.now() : 0;
    if (left <= 0) {
      if (!bar()?.hidden) showUndo();
      return;
    }
    bar().querySelector(".undo-left").textContent = `${Math.ceil(left / 1000)} s`;
    bar().querySelector(".undo-line").style.setProperty("--left", left / UNDO);
  }

  // --- What people do

  function skip() {
    release(at());
    advance();
  }

  function along(step) {
    const links = [...document.querySelectorAll(".strip a")];
    const here = links.findIndex((link) => link.hasAttribute("aria-current"));
    const link = links[here + step];
    if (link) visit(link.getAttribute("href"));
    else if (step < 0 && deep > 0) history.back();
    else tell(step < 0 ? "This is where you began." : "This is the end of the strip.");
  }

  const CAN = {
    undo: () => void undo(),
    skip,
    "strip-next": () => along(1),
    "strip-back": () => along(-1),
  };

  document.addEventListener("desk:act", (event) => {
    const { action } = event.detail;
    if (!CAN[action] || (action !== "undo" && number() === undefined)) return;
    if (action === "undo" && !done.length) return;
    CAN[action]();
    event.preventDefault();
  });

  document.addEventListener("desk:verdict", (event) => decide(event.detail.verdict));
  document.addEventListener("desk:skip", skip);

  document.addEventListener("submit", (event) => {
    if (event.target !== bar()) return;
    event.preventDefault();
    undo();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".strip a");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!link.hasAttribute("aria-current")) visit(link.getAttribute("href"));
  });

  // A key that waited in line, and a double click, were meant for the picture before.
  function press({ detail, timeStamp }) {
    pressedAt = detail > 1 && timeStamp < calmUntil + DOUBLE ? 0 : timeStamp;
    if (at()) at().touched = true;
  }
  for (const kind of ["keydown", "pointerdown", "click"]) document.addEventListener(kind, press, { capture: true });

  // --- What comes from elsewhere

  document.addEventListener("desk:watch", (event) => {
    for (const one of coming) event.detail.ids.add(one.review);
  });

  document.addEventListener("desk:news", ({ detail: { reviews, asked } }) => {
    for (const one of [...coming]) {
      const standing = reviews[one.review];
      if (standing && (isOthers(standing) || isDecided(standing))) drop(one.review);
    }
    lookAhead();
    const standing = reviews[number()];
    if (!standing || at().dataset.open === undefined || asked < (at().heldAt ?? 0)) return;
    if (isOthers(standing) || isDecided(standing)) lost(standing.words);
    else if (!standing.mine && at().heldAt) hold();
  });

  const isOthers = (standing) => Boolean(standing.held_by) && !standing.mine;
  const isDecided = (standing) => !["waiting", "claimed"].includes(standing.state);

  window.addEventListener("popstate", (event) => {
    if (event.state?.deep === undefined) return;
    deep = event.state.deep;
    visit(location.href, false);
  });
  document.addEventListener("visibilitychange", () => document.hidden || hold());

  async function watchEmpty() {
    if (!document.hidden) {
      const { next } = await ask(at().dataset.ahead).catch(() => ({ next: [] }));
      if (next.length) return location.assign(at().dataset.next);
    }
    return setTimeout(watchEmpty, NEW);
  }

  document.addEventListener("DOMContentLoaded", () => {
    if (!at()) return;
    const seconds = Number(bar()?.dataset.seconds);
    if (seconds) {
      const { value } = bar().elements.act;
      done.push({ act: value, words: bar().querySelector(".undo-said").textContent, until: Date.now() + seconds * 1000 });
      showUndo();
    }
    setInterval(tick, 250);
    if (number() === undefined) {
      if (at().dataset.ahead) setTimeout(watchEmpty, NEW);
      return;
    }
    history.replaceState({ deep }, "");
    setInterval(hold, RENEW);
    show();
  });
})();
