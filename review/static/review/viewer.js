// The pictures of the desk: four views, one zoom and one place for all of them.
//
// zoom: pixels of the screen to one of the full-size output, or null where all of it is to be seen.
// x, y: what stands in the middle, in shares of the picture. All panes are scaled alike, by the output's height.
// What hands do on the pictures comes from viewer_hand.js, the full-size files from viewer_files.js, both as events.
(() => {
  const KEPT = "brandkit-viewer";
  const MOST = 8;
  const STEP = 1.5;
  const PAN = 0.2;
  const BLINK = 500; // ms: two changes a second; more than three flashes can harm
  const GAP = 14;
  const CAPTION = 30; // px below a picture
  const LARGER = 1.2; // a further row has to be worth it
  const STOPS = [1, 4, MOST];

  let place = {}; // where the last picture was looked at: its page may come again
  let leave = () => {};

  const clamp = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));
  const dense = () => window.devicePixelRatio || 1;
  const whole = (value) => Math.round(value * dense()) / dense();
  const put = (element, values, unit = "px", prefix = "") => {
    for (const [name, value] of Object.entries(values)) element.style.setProperty(prefix + name, `${value}${unit}`);
  };

  // What goes on with the next pictures.
  const recall = () => JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  const keep = ({ view, chosen, paused }) => sessionStorage.setItem(KEPT, JSON.stringify({ view, chosen, paused }));

  function paneOf(figure) {
    const [width, height] = figure.dataset.size.split(" ").map(Number);
    return {
      figure, width, height, ratio: width / height, name: figure.dataset.pane, sheet: figure.querySelector(".sheet"),
      words: figure.querySelector("a").textContent, slot: figure.dataset.slot?.split(" ").map(Number),
    };
  }

  function make(root) {
    const kept = recall();
    const panes = Object.fromEntries([...root.querySelectorAll(".pane")].map((each) => [each.dataset.pane, paneOf(each)]));
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const v = {
      root, panes, stage: root.querySelector(".viewer-stage"), find: (selector) => root.querySelector(selector),
      zoom: null, x: 0.5, y: 0.5, slide: 50, shown: 1, boxes: {}, timer: 0, leaving: new AbortController(),
      view: kept.view ?? "one", chosen: kept.chosen ?? ["scene", "output"], paused: still || Boolean(kept.paused),
    };
    v.pair = panes.before ? ["before", "output"] : v.chosen;
    if (place.picture === root.dataset.picture) Object.assign(v, place);
    return v;
  }

  // Layout: where each pane stands on the stage, in CSS pixels.

  const isPair = (v) => v.view === "slider" || v.view === "blink";
  const isOpen = (v, name) => v.view === "side" || (isPair(v) ? v.pair.includes(name) : name === "output");
  const ratioIn = (v, pane) => (v.view === "side" && pane.name !== "scene" ? pane.ratio : v.panes.output.ratio);

  function layOut(v) {
    const { clientWidth: width, clientHeight: height } = v.stage;
    if (v.view === "side") return sideBySide(v, width, height);
    const box = { left: 0, top: 0, width, height: height - (isPair(v) ? 0 : CAPTION) };
    return Object.fromEntries(Object.keys(v.panes).map((name) => [name, box]));
  }

  // All at one height, in as few rows as make them large.
  function sideBySide(v, width, height) {
    const panes = Object.values(v.panes);
    const tries = panes.map((_, at) => rowsOf(v, panes, Math.ceil(panes.length / (at + 1)), width, height));
    const best = tries.reduce((one, other) => (other.tall > one.tall * LARGER ? other : one));
    const boxes = {};
    let top = Math.max(0, (height - best.rows.length * (best.tall + CAPTION) - (best.rows.length - 1) * GAP) / 2);
    for (const row of best.rows) {
      const wide = row.map((pane) => best.tall * ratioIn(v, pane));
      let left = (width - wide.reduce((sum, each) => sum + each + GAP, -GAP)) / 2;
      row.forEach((pane, at) => {
        boxes[pane.name] = { left: whole(left), top: whole(top), width: wide[at], height: best.tall };
        left += wide[at] + GAP;
      });
      top += best.tall + CAPTION + GAP;
    }
    return boxes;
  }

  function rowsOf(v, panes, columns, width, height) {
    const rows = [];
    for (let at = 0; at < panes.length; at += columns) rows.push(panes.slice(at, at + columns));
    const across = rows.map((row) => (width - GAP * (row.length - 1)) / row.reduce((sum, pane) => sum + ratioIn(v, pane), 0));
    const down = (height - GAP * (rows.length - 1)) / rows.length - CAPTION;
    return { rows, tall: Math.max(1, Math.min(down, ...across)) };
  }

  // Drawing

  function fit(v) {
    const { width, height } = v.boxes.output;
    return Math.min(width / v.panes.output.width, height / v.panes.output.height) * dense();
  }

  const scale = (v) => v.zoom ?? fit(v);

  // The sheet of a pane: its left, top, width and height in its box. What is smaller stands in the middle.
  function sheetOf(v, pane, box) {
    const height = (v.panes.output.height * scale(v)) / dense();
    const width = pane.name === "output" ? (v.panes.output.width * scale(v)) / dense() : height * ratioIn(v, pane);
    const at = (share, room, size) => (size <= room + 0.5 ? (room - size) / 2 : clamp(room / 2 - share * size, room - size, 0));
    return { left: whole(at(v.x, box.width, width)), top: whole(at(v.y, box.height, height)), width, height };
  }

  // Where the image lies on its sheet, in hundredths of it. A scene is cropped as the compositor does (`place._view`):
  // room on opposite sides of the slot shrinks alike.
  function imageOn(pane, sheet) {
    const ratio = sheet.width / sheet.height;
    const contained = pane.name === "subject";
    const wide = (contained ? Math.min : Math.max)(1, pane.ratio / ratio);
    const high = (contained ? Math.min : Math.max)(1, ratio / pane.ratio);
    const [x0, y0, x1, y1] = pane.slot ?? [0, 0, 1, 1];
    const before = (low, end) => (pane.slot ? low / Math.max(low + 1 - end, 1e-6) : 0.5);
    const left = (1 - wide) * before(x0, x1);
    return { left: 100 * left, top: 100 * (1 - high) * before(y0, y1), width: 100 * wide, height: 100 * high };
  }

  function draw(v) {
    v.root.dataset.view = v.view;
    v.find(".viewer-pair").hidden = !isPair(v);
    v.boxes = layOut(v);
    for (const pane of Object.values(v.panes)) drawPane(v, pane);
    drawPair(v);
    drawTools(v);
    place = { picture: v.root.dataset.picture, zoom: v.zoom, x: v.x, y: v.y, slide: v.slide, pair: v.pair };
    document.dispatchEvent(new CustomEvent("viewer:moved"));
  }

  function drawPane(v, pane) {
    const box = v.boxes[pane.name];
    const sheet = sheetOf(v, pane, box);
    const image = imageOn(pane, sheet);
    put(pane.figure, { left: box.left, top: box.top, width: box.width, "--tall": box.height });
    put(pane.sheet, sheet);
    put(pane.sheet, image, "%", "--");
    pane.at = sheet;
    pane.figure.hidden = !isOpen(v, pane.name);
    pane.figure.dataset.pixels = Math.round((sheet.width * image.width * dense()) / 100);
  }

  function drawPair(v) {
    const [first, second] = v.pair;
    const line = v.find(".viewer-line");
    line.hidden = v.view !== "slider";
    for (const pane of Object.values(v.panes)) {
      const over = isPair(v) && pane.name === second;
      pane.figure.classList.toggle("over", over);
      pane.figure.classList.toggle("away", v.view === "blink" && (over ? !v.shown : pane.name === first && Boolean(v.shown)));
      pane.figure.style.removeProperty("clip-path");
    }
    if (v.view !== "slider") return;
    const [low, high] = edges(v);
    const x = whole(low + ((high - low) * v.slide) / 100);
    v.panes[second].figure.style.setProperty("clip-path", `inset(0 0 0 ${x}px)`);
    const { top, height } = v.panes[second].at;
    const [begin, end] = [Math.max(0, top), Math.min(v.stage.clientHeight, top + height)];
    put(line, { left: x, top: begin, height: end - begin });
  }

  // Left and right end of what can be seen of the picture: there the slider begins and ends.
  function edges(v) {
    const { left, width } = v.panes[v.pair[0]].at;
    return [Math.max(0, left), Math.min(v.stage.clientWidth, left + width)];
  }

  function drawTools(v) {
    const now = scale(v);
    const zooms = { "zoom-fit": v.zoom === null, "zoom-1": v.zoom === 1, "zoom-4": v.zoom === 4 };
    for (const button of v.root.querySelectorAll("[aria-pressed]")) {
      const { act } = button.dataset;
      button.setAttribute("aria-pressed", String(zooms[act] ?? act === `view-${v.view}`));
    }
    for (const button of v.root.querySelectorAll(".viewer-pan button")) button.disabled = !canPan(v);
    const words = `${now < 0.1 ? (100 * now).toFixed(1) : Math.round(100 * now)} %`;
    const zoom = v.find(".viewer-zoom");
    if (zoom.textContent !== words) zoom.textContent = words;
    v.root.classList.toggle("pixels", now >= 2);
    v.root.classList.toggle("movable", canPan(v));
    drawChoice(v);
  }

  function drawChoice(v) {
    v.root.querySelectorAll("[data-pick]").forEach((select, at) => {
      select.value = v.pair[at];
      select.classList.toggle("shown", v.view === "blink" && at === v.shown);
    });
    const slide = v.find(".viewer-slide");
    slide.value = v.slide;
    slide.setAttribute("aria-valuetext", `${Math.round(v.slide)} % ${v.panes[v.pair[0]].words}`);
    v.find(".viewer-pause").dataset.paused = String(v.paused);
  }

  // Zoom and place

  function canPan(v) {
    const { width, height } = v.boxes.output;
    const sheet = sheetOf(v, v.panes.output, v.boxes.output);
    return sheet.width > width + 0.5 || sheet.height > height + 0.5;
  }

  // x and y as they are drawn: what lies at an edge can't be moved to the middle.
  function settle(v) {
    const box = v.boxes.output;
    const sheet = sheetOf(v, v.panes.output, box);
    v.x = clamp(v.x, box.width / 2 / sheet.width, 1 - box.width / 2 / sheet.width);
    v.y = clamp(v.y, box.height / 2 / sheet.height, 1 - box.height / 2 / sheet.height);
    if (sheet.width <= box.width) v.x = 0.5;
    if (sheet.height <= box.height) v.y = 0.5;
  }

  // at: what stays where it is, {x, y} in CSS pixels from the middle of `pane`'s box. Null fits.
  function zoomTo(v, zoom, pane = v.panes.output, at = { x: 0, y: 0 }) {
    settle(v);
    const was = scale(v);
    const next = zoom === null ? null : clamp(zoom, Math.min(fit(v), 1), MOST);
    v.zoom = next !== null && Math.abs(next / fit(v) - 1) < 0.005 ? null : next;
    const nearer = 1 - was / scale(v);
    v.x += (at.x / pane.at.width) * nearer;
    v.y += (at.y / pane.at.height) * nearer;
    settle(v);
    draw(v);
  }

  // One step, but never past a size that people want exactly.
  function step(v, way) {
    const now = scale(v);
    const next = now * STEP ** way;
    const passed = [...STOPS, fit(v)].filter((stop) => (way > 0 ? stop > now * 1.001 && stop < next * 1.1 : stop < now * 0.999 && stop > next / 1.1));
    zoomTo(v, passed.length ? (way > 0 ? Math.min : Math.max)(...passed) : next);
  }

  // By so many CSS pixels of `pane`'s.
  function move(v, pane, across, down) {
    if (!canPan(v)) return false;
    settle(v);
    v.x += across / pane.at.width;
    v.y += down / pane.at.height;
    settle(v);
    draw(v);
    return true;
  }

  function pan(v, across, down) {
    const { width, height } = v.boxes.output;
    return move(v, v.panes.output, across * PAN * width, down * PAN * height);
  }

  // Views and pairs

  function look(v, view) {
    v.view = view;
    v.shown = 1;
    run(v);
    keep(v);
    draw(v);
  }

  function run(v) {
    clearInterval(v.timer);
    if (v.view === "blink" && !v.paused) v.timer = setInterval(() => other(v), BLINK);
  }

  function other(v) {
    v.shown = 1 - v.shown;
    drawPair(v);
    drawChoice(v);
  }

  // By hand: then the clock stands still.
  function swap(v) {
    v.paused = true;
    run(v);
    keep(v);
    other(v);
  }

  function pause(v) {
    if (v.view !== "blink") return false;
    v.paused = !v.paused;
    run(v);
    keep(v);
    drawChoice(v);
    return true;
  }

  function pairs(v) {
    const names = Object.keys(v.panes).sort((one, other) => (one === "output") - (other === "output"));
    return names.flatMap((one, at) => names.slice(at + 1).map((other) => [one, other]));
  }

  function nextPair(v) {
    if (!isPair(v)) return false;
    const all = pairs(v);
    const at = all.findIndex((pair) => v.pair.every((name) => pair.includes(name)));
    choose(v, all[(at + 1) % all.length]);
    return true;
  }

  function pick(v, select) {
    const at = Number(select.dataset.pick);
    const pair = [...v.pair];
    if (pair[1 - at] === select.value) pair[1 - at] = pair[at];
    pair[at] = select.value;
    choose(v, pair);
  }

  function choose(v, pair) {
    v.pair = pair;
    if (!pair.includes("before")) v.chosen = pair;
    keep(v);
    draw(v);
  }

  const ACTS = {
    "view-one": (v) => look(v, "one"),
    "view-side": (v) => look(v, "side"),
    "view-slider": (v) => look(v, "slider"),
    "view-blink": (v) => (v.view === "blink" ? swap(v) : look(v, "blink")),
    "pair-next": nextPair,
    "blink-pause": pause,
    "zoom-in": (v) => step(v, 1),
    "zoom-out": (v) => step(v, -1),
    "zoom-fit": (v) => zoomTo(v, null),
    "zoom-1": (v) => zoomTo(v, 1),
    "zoom-4": (v) => zoomTo(v, 4),
    "pan-left": (v) => pan(v, -1, 0),
    "pan-right": (v) => pan(v, 1, 0),
    "pan-up": (v) => pan(v, 0, -1),
    "pan-down": (v) => pan(v, 0, 1),
  };

  // What hands do, as viewer_hand.js tells it. Places are in pixels of the window.
  const HANDS = {
    "viewer:drag": (v, { pane, across, down }) => move(v, v.panes[pane], -across, -down),
    "viewer:pinch": (v, { pane, x, y, factor }) => {
      const box = v.boxes[pane];
      const stage = v.stage.getBoundingClientRect();
      const at = { x: x - stage.left - box.left - box.width / 2, y: y - stage.top - box.top - box.height / 2 };
      zoomTo(v, scale(v) * factor, v.panes[pane], at);
    },
    "viewer:slide": (v, { x }) => {
      const [low, high] = edges(v);
      slideTo(v, (100 * (x - v.stage.getBoundingClientRect().left - low)) / (high - low));
    },
  };

  function slideTo(v, share) {
    v.slide = clamp(share, 0, 100);
    place.slide = v.slide;
    drawPair(v);
    drawChoice(v);
  }

  // Whatever listens ends with `leaving`: the next picture brings its own.
  function listen(v) {
    const { signal } = v.leaving;
    const on = (target, name, does) => target.addEventListener(name, does, { signal });
    on(document, "desk:act", (event) => {
      const act = ACTS[event.detail.action];
      if (act && act(v) !== false) event.preventDefault();
    });
    for (const [name, does] of Object.entries(HANDS)) on(v.root, name, (event) => does(v, event.detail));
    for (const select of v.root.querySelectorAll("[data-pick]")) on(select, "change", () => pick(v, select));
    const slide = v.find(".viewer-slide");
    on(slide, "input", () => slideTo(v, Number(slide.value)));
    on(v.find(".viewer-swap"), "click", () => swap(v));
    const size = new ResizeObserver(() => draw(v));
    size.observe(v.stage);
    signal.addEventListener("abort", () => {
      size.disconnect();
      clearInterval(v.timer);
    });
  }

  function begin() {
    leave();
    const root = document.querySelector(".viewer");
    if (!root) return;
    const v = make(root);
    leave = () => v.leaving.abort();
    root.classList.add("live");
    v.find(".viewer-tools").hidden = false;
    for (const select of root.querySelectorAll("[data-pick]")) {
      select.replaceChildren(...Object.values(v.panes).map((pane) => new Option(pane.words, pane.name)));
    }
    listen(v);
    look(v, v.view);
  }

  document.addEventListener("DOMContentLoaded", begin);
  document.addEventListener("desk:shown", begin);
  document.addEventListener("desk:leaving", () => leave());
})();
