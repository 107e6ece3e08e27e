// The full-size file of a picture, fetched once more pixels are wanted than the small one has.
(() => {
  // Before it is worth it: so much may a picture be enlarged.
  const SOFT = 1.05;

  const imageOf = (pane) => pane.querySelector("img");

  function wants(pane) {
    const image = imageOf(pane);
    const [full] = pane.dataset.size.split(" ").map(Number);
    const has = image.naturalWidth;
    return !pane.dataset.full && has > 0 && has < full && Number(pane.dataset.pixels) > has * SOFT;
  }

  async function load(pane, viewer) {
    pane.dataset.full = "loading";
    const [old, image] = [imageOf(pane), new Image()];
    for (const name of ["alt", "width", "height", "draggable"]) image.setAttribute(name, old.getAttribute(name));
    image.src = pane.querySelector("figcaption a").href;
    try {
      await image.decode();
      old.replaceWith(image);
      pane.dataset.full = "shown";
    } catch {
      pane.dataset.full = "failed";
    }
    tell(viewer);
  }

  function tell(viewer) {
    const note = viewer.querySelector(".viewer-note");
    const panes = [...viewer.querySelectorAll(".pane")];
    const named = (test) => panes.filter(test).map((pane) => pane.querySelector("figcaption a").textContent.toLowerCase()).join(", ");
    const broken = named((pane) => imageOf(pane).complete && !imageOf(pane).naturalWidth);
    const failed = named((pane) => pane.dataset.full === "failed");
    note.classList.toggle("bad", Boolean(broken || failed));
    if (broken) note.textContent = `This can't be loaded: ${broken}.`;
    else if (failed) note.textContent = `The full size can't be loaded: ${failed}.`;
    else note.textContent = named((pane) => pane.dataset.full === "loading") ? "Loading full size…" : "";
  }

  function look() {
    const viewer = document.querySelector(".viewer");
    if (!viewer) return;
    for (const pane of viewer.querySelectorAll(".pane:not([hidden])")) if (wants(pane)) load(pane, viewer);
    tell(viewer);
  }

  // Whoever zooms after a failure tries again.
  document.addEventListener("desk:act", ({ detail }) => {
    if (!detail.action.startsWith("zoom-")) return;
    for (const pane of document.querySelectorAll('.pane[data-full="failed"]')) delete pane.dataset.full;
  });
  document.addEventListener("viewer:moved", look);
  // Loads and errors of images don't bubble, but can be caught on their way down.
  for (const name of ["load", "error"]) {
    document.addEventListener(name, ({ target }) => target.matches?.(".pane img") && look(), true);
  }
})();
