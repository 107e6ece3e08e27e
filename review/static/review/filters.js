// The filters open by their key, and close again with Escape.

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

  filters.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !filters.open) return;
    event.stopPropagation();
    filters.open = false;
    summary.focus();
  });
})();
