// Hands on the pictures: drags, pinches and wheels become events for viewer.js, and a click becomes a place.
(() => {
  const CLICK = 4; // px: a hand that moves less meant to click
  const NEAR = 22; // px: so close to the line, it is the line that is meant
  const WHEEL = 0.0022;

  const pointers = new Map();
  let stage = null;
  let drag = null;

  const tell = (name, detail) => stage.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  const isMovable = () => stage.parentElement.classList.contains("movable");
  const viewNow = () => stage.parentElement.dataset.view;

  function paneAt(target) {
    return target.closest(".pane")?.dataset.pane ?? "output";
  }

  function meansLine(event) {
    if (viewNow() !== "slider") return false;
    const { left } = stage.querySelector(".viewer-line").getBoundingClientRect();
    return !isMovable() || Math.abs(event.clientX - left) <= NEAR;
  }

  function down(event) {
    if (event.button !== 0 || event.target.closest("a, button, .pins-layer > *")) return;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const isFirst = pointers.size === 1;
    drag = {
      pane: isFirst ? paneAt(event.target) : drag.pane, line: isFirst && meansLine(event), moved: !isFirst,
      x: event.clientX, y: event.clientY,
    };
  }

  function move(event) {
    const was = pointers.get(event.pointerId);
    if (!was) return;
    if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) <= CLICK) return;
    if (!drag.moved) stage.setPointerCapture(event.pointerId);
    drag.moved = true;
    const spread = gap();
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const [across, down] = [event.clientX - was.x, event.clientY - was.y];
    if (pointers.size > 1) pinch(spread, across, down);
    else if (drag.line) tell("viewer:slide", { x: event.clientX });
    else tell("viewer:drag", { pane: drag.pane, across, down });
  }

  function gap() {
    const [one, other] = [...pointers.values()];
    return other ? Math.hypot(one.x - other.x, one.y - other.y) : 0;
  }

  // Each finger moves what lies between them by half of its way.
  function pinch(before, across, down) {
    const [one, other] = [...pointers.values()];
    tell("viewer:drag", { pane: drag.pane, across: across / 2, down: down / 2 });
    if (before < 1) return;
    tell("viewer:pinch", { pane: drag.pane, x: (one.x + other.x) / 2, y: (one.y + other.y) / 2, factor: gap() / before });
  }

  function up(event) {
    if (!pointers.delete(event.pointerId) || pointers.size || event.type === "pointercancel") return;
    if (drag.moved) return;
    if (drag.line) tell("viewer:slide", { x: event.clientX });
    else if (drag.pane === "output" && ["one", "side"].includes(viewNow())) place(event);
  }

  function place({ clientX, clientY }) {
    const box = stage.querySelector(".pins-layer").getBoundingClientRect();
    const [x, y] = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
    if (x < 0 || x > 1 || y < 0 || y > 1) return;
    document.dispatchEvent(new CustomEvent("viewer:place", { detail: { x, y } }));
  }

  // With Ctrl, as everywhere; a touchpad's pinch comes as the same. Without, the page scrolls.
  function wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1;
    const factor = Math.exp(Math.max(-150, Math.min(150, -event.deltaY * lines)) * WHEEL);
    tell("viewer:pinch", { pane: paneAt(event.target), x: event.clientX, y: event.clientY, factor });
  }

  // One finger scrolls the page where nothing can be moved; two are always for the picture.
  function touch(event) {
    if (event.touches.length > 1 && event.cancelable) event.preventDefault();
  }

  function begin() {
    const found = document.querySelector(".viewer-stage");
    if (!found || found === stage) return;
    stage = found;
    pointers.clear();
    const hears = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: up };
    for (const [name, does] of Object.entries(hears)) stage.addEventListener(name, does);
    stage.addEventListener("dragstart", (event) => event.target.closest("a") ?? event.preventDefault());
    stage.addEventListener("wheel", wheel, { passive: false });
    stage.addEventListener("touchmove", touch, { passive: false });
  }

  document.addEventListener("DOMContentLoaded", begin);
  document.addEventListener("desk:shown", begin);
})();
