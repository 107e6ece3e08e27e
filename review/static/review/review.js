// The desk and the library: pictures at the same height, and addresses that copy themselves.

// Each figure's share of the width is its picture's ratio, so that all stand equally high.
function even(root) {
  for (const row of root.querySelectorAll("[data-even]")) {
    let sum = 0;
    for (const image of row.querySelectorAll("img")) {
      const ratio = image.getAttribute("width") / image.getAttribute("height");
      image.closest("figure").style.setProperty("--ratio", ratio);
      sum += ratio;
    }
    row.style.setProperty("--sum", sum);
  }
}

document.addEventListener("DOMContentLoaded", () => even(document));
document.addEventListener("htmx:afterSettle", () => even(document));

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    button.firstChild.textContent = "Copied";
  } catch {
    button.firstChild.textContent = "Press Ctrl+C";
  }
});
