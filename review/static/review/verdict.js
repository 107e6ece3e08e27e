// The verdict's form: the reasons open and close, digits choose them, and whoever presses one of its buttons has a verdict.

(() => {
  const form = () => document.querySelector("#desk[data-open] #verdict");
  const isOpen = () => Boolean(form()?.querySelector(".why").open);
  const say = (verdict) => document.dispatchEvent(new CustomEvent("desk:verdict", { detail: { verdict } }));

  function open() {
    const why = form().querySelector(".why");
    why.open = true;
    why.querySelector("input").focus();
  }

  function close() {
    const why = form().querySelector(".why");
    why.open = false;
    why.querySelector("summary").focus();
  }

  function approve() {
    const button = form().querySelector(".approve");
    if (!button.disabled && !isOpen()) say("approved");
  }

  function reject() {
    const reasons = form().querySelector(".reasons");
    if (reasons.querySelector(":checked")) {
      say("rejected");
      return;
    }
    reasons.querySelector("input").focus();
    reasons.querySelector("legend").classList.add("bad");
    document.getElementById("desk-told").textContent = "Choose at least one reason.";
  }

  const CAN = {
    approve,
    reject: () => (isOpen() ? reject() : open()),
    note: () => form().querySelector("textarea").focus(),
  };

  document.addEventListener("desk:act", (event) => {
    const { action, event: from } = event.detail;
    if (!form() || !CAN[action]) return;
    if (action === "reject" && from?.type === "click" && isOpen()) return; // its own line closes it
    CAN[action]();
    event.preventDefault();
  });

  document.addEventListener("submit", (event) => {
    if (event.target !== form()) return;
    event.preventDefault();
    if (event.submitter?.matches(".skip-it")) document.dispatchEvent(new CustomEvent("desk:skip"));
    else if (event.submitter?.matches(".approve")) approve();
    else if (isOpen()) reject();
    else open();
  });

  // Enter in the note of a rejection sends it, as it does among the reasons; with Shift it is a new line.
  document.addEventListener("keydown", (event) => {
    const here = form();
    if (event.defaultPrevented || event.isComposing || !here?.contains(event.target)) return;
    const inNote = event.target.matches("textarea");
    if (event.key === "Escape") {
      if (isOpen()) close();
      else if (inNote) document.getElementById("desk-title").focus();
      else return;
    } else if (isOpen() && event.key === "Enter" && !event.shiftKey && event.target.matches("input, textarea")) {
      reject();
    } else if (isOpen() && !inNote && /^[1-9]$/.test(event.key) && !event.ctrlKey && !event.altKey && !event.metaKey) {
      here.querySelectorAll(".reasons input")[event.key - 1]?.click();
    } else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
})();
