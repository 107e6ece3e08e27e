// The filters open by their key, and close with Escape or when the focus goes elsewhere: they lie over the picture.

(() => {
  const filters = document.getElementById("filters");
  if (!filters) return;
  const summary = filters.querySelector("summary");

  document.addEventListener("desk:act", (event) => {
    if (event.detail.action !== "filters") return;
    event.preventDefault();
    filters.open = !filters.open;
    if (filters.open) filters.querySelector("select").focus();
    else summary.focus();
  });

  filters.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !filters.contains(event.relatedTarget)) filters.open = false;
  });

  document.addEventListener("pointerdown", (event) => {
    if (!filters.contains(event.target)) filters.open = false;
  });

  filters.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !filters.open) return;
    event.stopPropagation();
    filters.open = false;
    summary.focus();
  });
})();
