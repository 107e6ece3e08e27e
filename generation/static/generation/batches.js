// Batches: arrow keys in the grid, the focus where it was, and a watch that goes on. Everything works without it.

// A run is started once, however often the button is pressed; the way back from the next page frees it again.
const many = document.getElementById("many");
many?.addEventListener("submit", (event) => {
  if (event.submitter?.id === "go") setTimeout(() => { event.submitter.disabled = true; });
});
window.addEventListener("pageshow", () => document.getElementById("go")?.removeAttribute("disabled"));

// Only the chosen prompt's own words are shown.
const prompt = document.getElementById("prompt");
function showWords() {
  for (const words of document.querySelectorAll("[data-prompt]")) words.hidden = words.dataset.prompt !== prompt.value;
}
if (prompt) {
  prompt.addEventListener("change", showWords);
  showWords();
}

// Buttons come and go with how a batch stands: what is open stays open, and the focus near where it was.
const own = "#controls, #chosen, #found";
let open = [];
let pressed = "";
document.addEventListener("htmx:beforeRequest", (event) => {
  pressed = event.target.closest(own) && event.detail.target.id;
});
document.addEventListener("htmx:beforeSwap", () => {
  const found = pressed === "controls" ? [] : document.querySelectorAll("#controls details[open]");
  open = [...found].map((details) => details.id);
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt.id === "controls") {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  }
  if (pressed && document.activeElement === document.body) document.getElementById(pressed)?.focus();
});

// What is open closes by Escape, or by a click beside it.
document.addEventListener("keydown", (event) => {
  const details = event.key === "Escape" && document.querySelector("#controls details[open]");
  if (!details) return;
  details.open = false;
  details.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  for (const details of document.querySelectorAll("#controls details[open]")) {
    if (!details.contains(event.target)) details.open = false;
  }
});

// In the grid: left and right within a row, up and down in the same column.
document.getElementById("sheet")?.addEventListener("keydown", (event) => {
  const tile = event.target.closest("a.tile");
  const next = tile && neighbour(tile, event.key);
  if (!next) return;
  event.preventDefault();
  next.focus();
});

function neighbour(tile, key) {
  const row = tile.closest("tr");
  const tiles = [...row.querySelectorAll("a.tile")];
  if (key === "ArrowLeft") return tiles[tiles.indexOf(tile) - 1];
  if (key === "ArrowRight") return tiles[tiles.indexOf(tile) + 1];
  const other = { ArrowUp: row.previousElementSibling, ArrowDown: row.nextElementSibling }[key];
  const cell = tile.closest("td");
  return other?.cells[cell.cellIndex]?.querySelector("a.tile");
}

// The watch goes on after the server was away for a moment.
for (const name of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(name, (event) => {
    if (event.detail.elt.id === "watch") setTimeout(() => htmx.trigger("#watch", "again"), 5000);
  });
}
