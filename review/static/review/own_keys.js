// A field takes the key that is pressed in it. Without this one writes its name.

const GLYPHS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", PageUp: "Page Up", PageDown: "Page Down", Home: "Home", End: "End" };

document.addEventListener("keydown", (event) => {
  const field = event.target.closest?.("[data-key]");
  const typed = event.key.length === 1 && event.key !== " ";
  const isChord = (event.ctrlKey || event.altKey || event.metaKey) && !event.getModifierState("AltGraph");
  if (!field || isChord || event.isComposing || event.shiftKey && !typed) return;
  // All else stays what it is: Tab goes on, Enter saves, Backspace empties.
  const capital = event.key.toUpperCase().length === 1 ? event.key.toUpperCase() : event.key;
  const words = GLYPHS[event.key] ?? (typed ? capital : undefined);
  if (words === undefined && event.key !== "Backspace" && event.key !== "Delete") return;
  field.value = words ?? "";
  event.preventDefault();
});
