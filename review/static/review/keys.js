// Keys and buttons become actions: one word, told to the page as "desk:act". Whoever can do it prevents the default.

(() => {
  const { on, keys } = JSON.parse(document.getElementById("desk-keys").textContent);
  const actions = new Map(Object.entries(keys).map(([action, key]) => [key, action]));
  const NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", PageUp: "Page Up", PageDown: "Page Down" };
  const help = document.getElementById("help");
  let pressing = false;

  // Whether somebody did it.
  function act(action, event) {
    const told = new CustomEvent("desk:act", { detail: { action, event }, cancelable: true });
    return !document.dispatchEvent(told);
  }

  // What nobody listens for is what its button or link does.
  function press(action) {
    const all = document.querySelectorAll(`[data-act="${CSS.escape(action)}"]`);
    const button = [...all].find((each) => !each.disabled && each.checkVisibility());
    if (!button) return false;
    pressing = true;
    button.click();
    pressing = false;
    return true;
  }

  const TEXTLESS = ["checkbox", "radio", "range", "button", "submit", "reset"];

  // Whoever writes, chooses from a list, or moves within a widget, means just that.
  function isBusy({ target, key }, action) {
    const at = target instanceof Element ? target : document.body;
    const own = at.closest("[data-own-keys]");
    // A note goes with the reasons: its key leads from them to it, unless it is a digit.
    if (own && !(own.matches(".reasons") && action === "note" && !/\d/.test(key))) return true;
    if (at.isContentEditable || at.closest("textarea, select, dialog")) return true;
    if (document.querySelector("dialog:modal")) return true;
    if (at.matches("input") && !TEXTLESS.includes(at.type)) return true;
    return key.length > 1 && Boolean(at.closest("input, [role=slider], [role=listbox], [role=grid], [role=tablist], [role=menu]"));
  }

  // AltGr types signs on many keyboards; every other chord is the browser's.
  function isChord(event) {
    if (event.key.length > 1 && event.shiftKey) return true;
    return (event.ctrlKey || event.altKey || event.metaKey) && !event.getModifierState("AltGraph");
  }

  function actionOf(event) {
    if (!on || event.isComposing || isChord(event)) return undefined;
    const action = actions.get(event.key.length === 1 ? event.key.toLowerCase() : event.key);
    // A key that is held down moves on, and decides nothing twice.
    return event.repeat && !/^(pan|zoom)-/.test(action) ? undefined : action;
  }

  document.addEventListener("keydown", (event) => {
    const action = event.defaultPrevented ? undefined : actionOf(event);
    if (!action) return;
    if (action === "help" && help?.open) help.close();
    else if (isBusy(event, action) || !(act(action, event) || press(action))) return;
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-act]");
    if (!button || pressing || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (act(button.dataset.act, event)) event.preventDefault();
  });

  // Who came from the grid goes back to it with Escape, where that closes nothing.
  if (!/\/review\//.test(document.referrer) && document.getElementById("desk")) sessionStorage.removeItem("review-from");
  window.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !document.getElementById("desk")) return;
    if (sessionStorage.getItem("review-from") !== "grid" || document.querySelector("dialog[open], [data-own-keys][open]")) return;
    if (event.target.matches("body, #desk-title, [data-act]")) press("grid");
  });

  // What opens the sheet gets the focus back when it closes: the browser sees to that.
  document.addEventListener("desk:act", (event) => {
    if (event.detail.action !== "help" || !help) return;
    help.showModal();
    event.preventDefault();
  });

  help?.addEventListener("click", (event) => {
    if (event.target === help) help.close();
  });

  // Each button tells its key: to the eye, and to assistive technology. data-no-kbd: where the eye has no room for it.
  function tell() {
    if (!on) return;
    for (const button of document.querySelectorAll("[data-act]:not([aria-keyshortcuts])")) {
      const key = keys[button.dataset.act];
      if (!key) continue;
      const words = NAMES[key] ?? (key.toUpperCase().length === 1 ? key.toUpperCase() : key);
      button.setAttribute("aria-keyshortcuts", key === "+" ? "Plus" : key);
      if (button.dataset.noKbd !== undefined) {
        button.title = `${button.title || button.getAttribute("aria-label") || button.textContent.trim()} (${words})`;
        continue;
      }
      const hint = document.createElement("kbd");
      hint.textContent = words;
      hint.setAttribute("aria-hidden", "true");
      button.append(" ", hint);
    }
  }

  for (const moment of ["DOMContentLoaded", "desk:shown", "grid:shown", "pins:shown"]) document.addEventListener(moment, tell);
  if (document.readyState !== "loading") tell();
})();
