// What every page needs beyond htmx: messages that close, menus that close, and errors that are told.

document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-close]");
  if (close) close.closest(".toast").remove();
  for (const menu of document.querySelectorAll("details.switch[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.switch[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// An answer that brings its own words says how they are shown (HX-Reswap); htmx would drop them otherwise.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.status < 400 || !xhr.getResponseHeader("HX-Reswap")) return;
  event.detail.shouldSwap = true;
  event.detail.isError = false;
});

document.addEventListener("htmx:responseError", () => toast("Something broke on our side. Load the page and try again."));

document.addEventListener("htmx:sendError", () => toast("The server can't be reached. Check the connection."));

function toast(words) {
  const box = document.createElement("div");
  box.className = "toast toast-error";
  const text = document.createElement("p");
  text.textContent = words;
  const close = document.createElement("button");
  close.className = "quiet";
  close.type = "button";
  close.dataset.close = "";
  close.textContent = "Close";
  box.append(text, close);
  document.getElementById("toasts").append(box);
}
