// Pins: markers on the picture, drawn from the list beside it, and a crosshair that puts a new one.

(() => {
  const STEP = 8;
  const LEAP = 48; // CSS pixels, so that a picture that is zoomed in is aimed at more finely
  let crosshair;
  let cameFrom;

  const list = () => document.getElementById("pins");
  const form = () => list()?.querySelector(".pin-form");
  const layer = () => document.querySelector("#desk .pins-layer");
  const act = (action) => document.dispatchEvent(new CustomEvent("desk:act", { detail: { action }, cancelable: true }));
  const within = (low, value, high) => Math.min(Math.max(value, low), high);

  function element(name, className, words = "") {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = words;
    return made;
  }

  function put(on, x, y) {
    on.style.setProperty("left", `${x * 100}%`);
    on.style.setProperty("top", `${y * 100}%`);
  }

  function say(words) {
    list().querySelector(".pins-told").textContent = words;
  }

  // The layer that markers are on, where it is whole; else in the view that shows the picture alone.
  function visibleLayer() {
    if (!document.querySelector(".viewer:is([data-view=one], [data-view=side])")) act("view-one");
    return layer()?.checkVisibility() ? layer() : undefined;
  }

  // Moves the picture so that `mark` is seen; browsers would scroll what the viewer has placed.
  function show(mark) {
    const frame = mark.closest("[data-stage]");
    if (!frame) return;
    frame.scrollTo(0, 0);
    const [seen, at] = [frame.getBoundingClientRect(), mark.getBoundingClientRect()];
    const [x, y] = [(at.left + at.right) / 2, (at.top + at.bottom) / 2];
    if (x >= seen.left && x <= seen.right && y >= seen.top && y <= seen.bottom) return;
    const detail = { pane: "output", across: (seen.left + seen.right) / 2 - x, down: (seen.top + seen.bottom) / 2 - y };
    frame.dispatchEvent(new CustomEvent("viewer:drag", { detail, bubbles: true }));
  }

  // Markers

  function marker(item) {
    const { pin, x, y } = item.dataset;
    const words = item.querySelector("[data-words]").innerText;
    const place = element("div", "pin-mark");
    place.classList.toggle("settled", item.classList.contains("settled"));
    place.classList.toggle("left", x > 0.5);
    place.classList.toggle("above", y > 0.6);
    const button = element("button", "pin-marker", pin);
    button.type = "button";
    button.setAttribute("aria-label", `Pin ${pin}: ${words}`);
    const tip = element("span", "pin-tip", words);
    tip.setAttribute("aria-hidden", "true");
    place.append(button, tip);
    put(place, x, y);
    place.addEventListener("click", () => {
      place.classList.remove("quiet");
      place.classList.toggle("open");
    });
    place.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      place.classList.remove("open");
      place.classList.add("quiet");
    });
    for (const name of ["pointerenter", "focusin"]) place.addEventListener(name, () => item.classList.add("at"));
    place.addEventListener("focusin", () => show(place));
    for (const name of ["pointerleave", "focusout"]) {
      place.addEventListener(name, () => {
        item.classList.remove("at");
        place.classList.remove("quiet");
      });
    }
    return place;
  }

  function draw() {
    for (const old of document.querySelectorAll(".pins-layer .pin-mark")) old.remove();
    layer()?.append(...[...document.querySelectorAll("#pins [data-pin]")].map(marker));
  }

  function next() {
    const all = [...(visibleLayer()?.querySelectorAll(".pin-marker") ?? [])];
    if (!all.length) return false;
    const at = all.indexOf(document.activeElement);
    all[(at + 1) % all.length].focus({ preventScroll: true });
    return true;
  }

  // A new one

  // The middle of what is seen of the picture, in shares of it.
  function middle(on) {
    const all = on.getBoundingClientRect();
    const seen = (on.closest("[data-stage]") ?? document.documentElement).getBoundingClientRect();
    const half = (low, high, begin, size) => within(0, ((Math.max(low, begin) + Math.min(high, begin + size)) / 2 - begin) / size, 1);
    return [half(seen.left, seen.right, all.left, all.width), half(seen.top, seen.bottom, all.top, all.height)];
  }

  function aim(x, y) {
    crosshair.dataset.x = x;
    crosshair.dataset.y = y;
    put(crosshair, x, y);
  }

  function start() {
    if (!form()) return false;
    const on = visibleLayer();
    if (!on) return false;
    if (crosshair) return true;
    cameFrom = document.activeElement;
    crosshair = element("div", "pin-crosshair");
    crosshair.tabIndex = 0;
    crosshair.setAttribute("role", "application");
    crosshair.setAttribute("aria-label", "Place of the pin. Arrow keys move it, Enter takes it, Escape gives up.");
    crosshair.dataset.ownKeys = "";
    crosshair.addEventListener("keydown", steer);
    on.append(crosshair);
    on.classList.add("placing");
    aim(...middle(on));
    crosshair.focus({ preventScroll: true });
    say("Click on the picture, or move with the arrow keys and press Enter.");
    return true;
  }

  function stop({ back = true } = {}) {
    if (!crosshair) return;
    crosshair.remove();
    crosshair = undefined;
    layer()?.classList.remove("placing");
    form()?.classList.remove("floating");
    form()?.closest("details").removeAttribute("open");
    if (back) (cameFrom?.isConnected && cameFrom !== document.body ? cameFrom : list()?.querySelector("h2"))?.focus({ preventScroll: true });
  }

  const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function steer(event) {
    const way = WAYS[event.key];
    if (way) {
      const { width, height } = layer().getBoundingClientRect();
      const step = event.shiftKey ? LEAP : STEP;
      const { x, y } = crosshair.dataset;
      aim(within(0, Number(x) + (way[0] * step) / width, 1), within(0, Number(y) + (way[1] * step) / height, 1));
      show(crosshair);
      say(`${Math.round(crosshair.dataset.x * 100)} % from the left, ${Math.round(crosshair.dataset.y * 100)} % from the top.`);
    } else if (event.key === "Enter") {
      ask();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  // The form of the list comes to the place; without scripts it asks for the place in numbers.
  function ask() {
    const { x, y } = crosshair.dataset;
    const fields = form();
    const at = crosshair.getBoundingClientRect();
    fields.elements.x.value = (x * 100).toFixed(3);
    fields.elements.y.value = (y * 100).toFixed(3);
    fields.closest("details").open = true;
    fields.style.setProperty("--x", `${at.right + 12}px`);
    fields.style.setProperty("--y", `${at.top}px`);
    fields.classList.add("floating");
    fields.elements.words.focus({ preventScroll: true });
  }

  // Told by the page

  function shown() {
    const pins = list();
    if (!pins) return;
    window.htmx?.process(pins);
    for (const button of pins.querySelectorAll("[data-act][hidden]")) button.hidden = false;
    for (const button of pins.querySelectorAll(".pin-cancel")) button.hidden = false;
    draw();
    document.dispatchEvent(new CustomEvent("pins:shown"));
  }

  document.addEventListener("desk:shown", shown);
  document.addEventListener("desk:leaving", () => stop({ back: false }));

  document.addEventListener("desk:act", (event) => {
    const does = { "pin-add": start, "pin-next": next }[event.detail.action];
    if (does?.()) event.preventDefault();
  });

  document.addEventListener("viewer:place", (event) => {
    if (!crosshair) return;
    aim(within(0, event.detail.x, 1), within(0, event.detail.y, 1));
    ask();
  });

  document.addEventListener("keydown", (event) => {
    if (!crosshair) return;
    if (event.key === "Escape") {
      event.preventDefault();
      stop();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target === form()?.elements.words) {
      event.preventDefault();
      form().requestSubmit();
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest?.(".pin-cancel")) stop();
  });

  // Which pin something was done to, so that the focus stays with it.
  let touched;
  document.addEventListener("htmx:beforeRequest", (event) => {
    touched = event.target.closest?.("#pins [data-pin]")?.id;
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "pins") return;
    crosshair?.remove();
    crosshair = undefined;
    layer()?.classList.remove("placing");
    shown();
    const item = touched && document.getElementById(touched);
    (item?.querySelector("summary, button") ?? list().querySelector("[data-act=pin-add]") ?? list().querySelector("h2")).focus({ preventScroll: true });
    say(list().querySelector(".pins-told").dataset.told);
  });
})();
