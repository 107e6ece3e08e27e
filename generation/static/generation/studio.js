// The Studio's own: photos that upload by themselves, and what the choice comes to. Everything works without it.

const ask = document.getElementById("ask");
const list = document.getElementById("subjects");
const input = document.getElementById("photo");
const blank = document.getElementById("uploading");
const form = document.getElementById("upload");
const many = document.getElementById("many");

// Photos: two at a time, each with a card of its own.
const waiting = [];
let running = 0;

input.addEventListener("change", () => {
  add(input.files);
  input.value = "";
});

document.addEventListener("paste", (event) => add(event.clipboardData.files));

for (const [name, over] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
  form.addEventListener(name, () => form.classList.toggle("over", over));
}

function add(files) {
  list.querySelector(".nothing")?.remove();
  for (const file of files) {
    const card = blank.content.firstElementChild.cloneNode(true);
    card.querySelector("[data-name]").textContent = file.name;
    const picture = card.querySelector("img");
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src));
    picture.addEventListener("error", () => picture.remove());
    picture.src = URL.createObjectURL(file);
    list.prepend(card);
    htmx.process(card);
    waiting.push({ card, file });
  }
  next();
}

function next() {
  while (running < 2 && waiting.length) send(waiting.shift());
}

async function send({ card, file }) {
  const words = card.querySelector("[data-words]");
  const bar = card.querySelector("progress");
  words.textContent = "Uploading";
  card.addEventListener("htmx:xhr:progress", (event) => {
    const share = event.detail.total ? event.detail.loaded / event.detail.total : 0;
    bar.value = Math.max(bar.value, share);
    if (bar.value === 1) {
      words.textContent = "Cutting it out";
      bar.removeAttribute("value");
    }
  });
  running += 1;
  try {
    await htmx.ajax("POST", form.action, { source: card, target: card, swap: "outerHTML", values: { photo: file } });
  } catch {
    // The server can't be reached, which a message has told.
  } finally {
    running -= 1;
    next();
  }
  // Still the placeholder: no answer came, and the message says why.
  if (card.isConnected && card.classList.contains("uploading")) card.remove();
}

document.addEventListener("click", (event) => {
  event.target.closest("[data-drop]")?.closest("li").remove();
});

// A photo chosen by the page gives way to one that has just come.
document.addEventListener("htmx:load", (event) => {
  const fresh = event.detail.elt;
  if (fresh.matches?.(".subject.fresh")) {
    for (const box of list.querySelectorAll("[data-auto]")) box.checked = false;
    for (const twin of document.querySelectorAll(`[id="${fresh.id}"]`)) if (twin !== fresh) twin.remove();
  }
  if (fresh.matches?.(".pick-card.refused")) list.prepend(fresh);
  if (fresh.matches?.(".generation")) {
    for (const twin of document.querySelectorAll(`[id="${fresh.id}"]`)) if (twin !== fresh) twin.remove();
  }
  count();
});

document.addEventListener("change", (event) => {
  event.target.removeAttribute?.("data-auto");
  count();
});

// What the choice comes to.
function chosen(name) {
  return [...ask.elements].filter((field) => field.name === name && field.checked && !field.disabled);
}

function amount(values) {
  return values.reduce((sum, value) => sum + Number(value), 0);
}

// As the templates say it: studio.py, about.
function about(dollars) {
  if (!dollars) return "free";
  return `about $${dollars >= 0.01 ? dollars.toFixed(2) : Number(dollars.toPrecision(2))}`;
}

// Each format has its price; each further photo of a thing is sent, and paid for, with every picture of it.
function cost(photos, scenes, formats) {
  const priced = formats.filter((format) => format.dataset.price !== "");
  if (!priced.length) return "no price set";
  const each = amount(priced.map((format) => format.dataset.price));
  const further = amount(photos.map((photo) => photo.closest(".subject").querySelectorAll("[data-further]").length));
  const one = Number(document.getElementById("offer").dataset.reference);
  const sum = about(scenes.length * (photos.length * each + further * one * priced.length));
  return priced.length < formats.length ? `${sum}, and what has no price set` : sum;
}

function some(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function count() {
  const choice = ["subject", "scene", "format"].map(chosen);
  const [photos, scenes, formats] = choice.map((fields) => fields.length);
  const pictures = photos * scenes * formats;
  const { shut } = document.getElementById("offer").dataset;
  const missing = [[photos, "a photo"], [scenes, "a scene"], [formats, "a format"]].find(([number]) => !number);
  document.getElementById("sum").textContent = missing
    ? `Choose ${missing[1]}.`
    : `${some(photos, "photo")} × ${some(scenes, "scene")} × ${some(formats, "format")} = ${some(pictures, "picture")}, ${cost(...choice)}${shut && `. ${shut}.`}`;
  const query = choice.flat().map((field) => [field.name, field.value]);
  many.search = new URLSearchParams(query);
  document.getElementById("go").textContent = pictures ? `Make ${some(pictures, "picture")}` : "Make pictures";
}

// Only the chosen prompt's own words are shown.
const prompt = document.getElementById("prompt");
function showWords() {
  for (const words of document.querySelectorAll("[data-prompt]")) words.hidden = words.dataset.prompt !== prompt.value;
}
prompt.addEventListener("change", showWords);

// The new pictures may be out of sight: further down on a narrow screen, or scrolled away.
ask.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt === ask && event.detail.successful) {
    const title = document.getElementById("pictures");
    const { top } = title.getBoundingClientRect();
    if (top < 0 || top > window.innerHeight * 0.6) title.scrollIntoView();
  }
});

// The watch goes on after the server was away for a moment.
for (const name of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(name, (event) => {
    if (event.detail.elt.id === "watch") setTimeout(() => htmx.trigger("#watch", "again"), 5000);
  });
}

showWords();
count();
