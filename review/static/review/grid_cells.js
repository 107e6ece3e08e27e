// Small pictures as a grid that the keyboard walks through: arrows move, Space picks, Shift takes all on the way.
// Without this file each has its plain box. `pick` is told on the box whenever the choice changes.

const cells = (() => {
  const box = document.getElementById("tiles");
  const ARROWS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: "up", ArrowDown: "down" };
  let current;
  let anchor;
  let before = new Set();
  let columns = 0;

  const all = () => [...box.querySelectorAll("[data-review]")];
  const isPicked = (tile) => tile.querySelector("input[name=ids]").checked;
  const picked = () => all().filter(isPicked);
  const wide = () => getComputedStyle(box).gridTemplateColumns.split(" ").length;
  const tell = () => box.dispatchEvent(new Event("pick"));

  // What assistive technology reads: the name, the marks that are shown, and why not.
  function label(tile) {
    const marks = [...tile.querySelectorAll(".chip:not([hidden]), .why-not:not([hidden])")];
    tile.setAttribute("aria-label", [tile.dataset.name, ...marks.map((mark) => mark.textContent.trim())].join(", "));
  }

  function pick(tile, yes) {
    tile.querySelector("input[name=ids]").checked = yes;
    tile.setAttribute("aria-selected", String(yes));
  }

  function dress(tile) {
    tile.setAttribute("role", "gridcell");
    tile.tabIndex = -1;
    tile.querySelector(".open").tabIndex = -1;
    pick(tile, isPicked(tile));
    label(tile);
  }

  // These tiles, in this order, in rows as they are seen. What had the focus keeps it.
  function place(tiles) {
    const focused = document.activeElement;
    columns = wide();
    const rows = [];
    for (let start = 0; start < tiles.length; start += columns) {
      const row = document.createElement("div");
      row.className = "row";
      row.setAttribute("role", "row");
      row.append(...tiles.slice(start, start + columns));
      rows.push(row);
    }
    box.replaceChildren(...rows);
    if (!tiles.includes(current)) [current] = tiles;
    if (current) current.tabIndex = 0;
    if (box.contains(focused)) focused.focus({ preventScroll: true });
    tell();
  }

  function add(tiles) {
    tiles.forEach(dress);
    place([...all(), ...tiles]);
  }

  // The focus stays where it was: on the next one that is left.
  function remove(gone) {
    const tiles = all();
    const hadFocus = box.contains(document.activeElement);
    const left = tiles.filter((tile) => !gone.includes(tile));
    if (gone.includes(current)) {
      const place = tiles.indexOf(current);
      const next = tiles.slice(place).find((tile) => left.includes(tile)) ?? left.at(-1);
      become(next);
    }
    place(left);
    if (hadFocus && current) focus(current);
  }

  function become(tile) {
    if (current) current.tabIndex = -1;
    current = tile;
    if (current) current.tabIndex = 0;
  }

  function focus(tile = current) {
    if (!tile) return;
    become(tile);
    tile.focus({ preventScroll: true });
    tile.scrollIntoView({ block: "nearest" });
  }

  function start(tile) {
    anchor = tile;
    before = new Set(picked());
  }

  function reach(to) {
    if (!anchor?.isConnected) start(current);
    const tiles = all();
    const [first, last] = [tiles.indexOf(anchor), tiles.indexOf(to)].sort((one, other) => one - other);
    tiles.forEach((tile, place) => pick(tile, before.has(tile) || (place >= first && place <= last)));
    tell();
  }

  function toggle(tile) {
    pick(tile, !isPicked(tile));
    start(tile);
    tell();
  }

  function pickAll(yes) {
    for (const tile of all()) pick(tile, yes);
    anchor = undefined;
    tell();
  }

  function target(key, whole) {
    const tiles = all();
    const at = tiles.indexOf(current);
    const steps = { ...ARROWS, ArrowUp: -columns, ArrowDown: columns, PageUp: -3 * columns, PageDown: 3 * columns };
    if (key === "Home") return tiles[whole ? 0 : at - (at % columns)];
    if (key === "End") return tiles[whole ? tiles.length - 1 : Math.min(at - (at % columns) + columns, tiles.length) - 1];
    if (!(key in steps)) return undefined;
    const to = at + steps[key];
    return tiles[key.startsWith("Page") ? Math.max(0, Math.min(to, tiles.length - 1)) : to] ?? current;
  }

  box.addEventListener("keydown", (event) => {
    const chord = event.ctrlKey || event.metaKey;
    if (event.altKey || event.target.closest(".open") || !current) return;
    const to = target(event.key, chord);
    if (to && (!chord || event.key === "Home" || event.key === "End")) {
      if (event.shiftKey) reach(to);
      else anchor = undefined;
      focus(to);
    } else if (event.key === " " && !chord) {
      if (event.shiftKey) reach(current);
      else toggle(current);
    } else if (event.key === "a" && chord) pickAll(true);
    else if (event.key === "Enter" && !chord) current.querySelector(".open").click();
    else return;
    event.preventDefault();
  });

  // From nowhere in particular an arrow leads into the grid.
  document.addEventListener("keydown", (event) => {
    if (event.target !== document.body || event.defaultPrevented || event.altKey || event.ctrlKey || !(event.key in ARROWS)) return;
    focus();
    event.preventDefault();
  });

  box.addEventListener("focusin", (event) => {
    const tile = event.target.closest("[data-review]");
    if (tile) become(tile);
  });

  box.addEventListener("click", (event) => {
    const tile = event.target.closest("[data-review]");
    if (!tile || event.target.closest(".open")) return;
    event.preventDefault();
    if (event.shiftKey && anchor?.isConnected) reach(tile);
    else toggle(tile);
    become(tile);
  });

  // Shift-click picks; it selects no text.
  box.addEventListener("mousedown", (event) => {
    if (event.shiftKey) event.preventDefault();
  });

  box.setAttribute("role", "grid");
  box.setAttribute("aria-multiselectable", "true");
  box.setAttribute("aria-labelledby", "grid-title");
  box.classList.add("walkable");
  all().forEach(dress);
  place(all());
  new ResizeObserver(() => wide() !== columns && place(all())).observe(box);

  return { box, all, picked, pick, pickAll, add, remove, place, focus, label, at: () => current };
})();
