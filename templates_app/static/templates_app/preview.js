// A prompt as it will read, while it is written.
(() => {
  const WAIT = 300;

  document.addEventListener("DOMContentLoaded", () => {
    const target = document.getElementById("prompt-preview");
    if (!target) return;
    const text = document.getElementById("id_text");
    const variables = document.getElementById("id_variables");
    const fixed = (id) => JSON.parse(document.getElementById(id)?.textContent ?? '""');
    let timer;
    let latest = 0;

    async function show() {
      const mine = ++latest;
      const form = new FormData();
      form.set("text", text ? text.value : fixed("prompt-text"));
      form.set("variables", variables ? variables.value : JSON.stringify(fixed("prompt-variables")));
      form.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
      const answer = await fetch(target.dataset.address, { method: "POST", body: form });
      const words = answer.ok ? await answer.text() : "The preview can't be shown now. Saving still checks the text.";
      if (mine === latest) target.innerHTML = words;
    }

    for (const field of [text, variables]) {
      field?.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(show, WAIT);
      });
    }
    show();
  });
})();
