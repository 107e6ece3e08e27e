// The slot and the light drawn over a scene. Number fields hold the truth; dragging writes into them.
(() => {
  const BOX = ["slot_x0", "slot_y0", "slot_x1", "slot_y1"];
  const NUMBERS = [...BOX, "ground", "light_azimuth", "light_height", "light_softness"];
  const LEAST = 0.02;
  const RADIUS = 96;

  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  const rounded = (value, places) => Number(value.toFixed(places));

  function numbersOf(root) {
    const fixed = JSON.parse(root.querySelector("#slot-numbers")?.textContent ?? "{}");
    const field = (name) => document.getElementById(`id_${name}`);
    return {
      get: (name) => Number(field(name)?.value ?? fixed[name] ?? 0),
      set: (name, value) => {
        if (field(name)) field(name).value = rounded(value, name.startsWith("light_a") || name.startsWith("light_h") ? 0 : 3);
      },
      listen: (draw) => NUMBERS.forEach((name) => field(name)?.addEventListener("input", draw)),
    };
  }

  function drawSlot(root, numbers) {
    const [x0, y0, x1, y1] = BOX.map(numbers.get);
    const part = (value) => `${100 * value}%`;
    Object.assign(root.querySelector(".bk-box").style, {
      left: part(x0), top: part(y0), width: part(Math.max(0, x1 - x0)), height: part(Math.max(0, y1 - y0)),
    });
    root.querySelector(".bk-ground").style.top = part(numbers.get("ground"));
  }

  function drawLight(root, numbers) {
    const [azimuth, height, softness] = ["azimuth", "height", "softness"].map((name) => numbers.get(`light_${name}`));
    const turn = (azimuth * Math.PI) / 180;
    const far = RADIUS * Math.cos((height * Math.PI) / 180);
    const [x, y] = [far * Math.sin(turn), far * Math.cos(turn)];
    const attributes = (selector, values) => {
      for (const [name, value] of Object.entries(values)) root.querySelector(selector).setAttribute(name, value);
    };
    attributes(".bk-sun", { cx: x, cy: y });
    attributes(".bk-ray", { x1: x, y1: y, x2: 0, y2: 0 });
    const long = 12 + far / 3;
    const angle = (Math.atan2(-y, -x) * 180) / Math.PI;
    attributes(".bk-shadow", {
      cx: long / 2, rx: 8 + long / 2, ry: 8, transform: `rotate(${angle})`,
      style: `filter: blur(${1 + 7 * softness}px); opacity: ${0.6 - 0.45 * softness}`,
    });
    root.querySelector(".bk-words").textContent = words(azimuth, height, softness);
  }

  function words(azimuth, height, softness) {
    const sides = ["the camera", "the front right", "the right", "behind right", "behind", "behind left", "the left", "the front left"];
    const from = height > 75 ? "above" : sides[Math.round(azimuth / 45) % 8];
    const kind = softness < 0.33 ? "Hard" : softness < 0.67 ? "Mild" : "Soft";
    return `${kind} light from ${from}, ${height < 25 ? "low" : height < 60 ? "half high" : "high"}.`;
  }

  function moves(numbers, start, part, dx, dy) {
    const [x0, y0, x1, y1] = start;
    if (part === "ground") return { ground: clamp(start[4] + dy, LEAST, 1) };
    if (part === "box") {
      const [mx, my] = [clamp(dx, -x0, 1 - x1), clamp(dy, -y0, 1 - y1)];
      return { slot_x0: x0 + mx, slot_x1: x1 + mx, slot_y0: y0 + my, slot_y1: y1 + my, ground: clamp(start[4] + my, LEAST, 1) };
    }
    return {
      ...(part.endsWith("w") ? { slot_x0: clamp(x0 + dx, 0, x1 - LEAST) } : { slot_x1: clamp(x1 + dx, x0 + LEAST, 1) }),
      ...(part.startsWith("n") ? { slot_y0: clamp(y0 + dy, 0, y1 - LEAST) } : { slot_y1: clamp(y1 + dy, y0 + LEAST, 1) }),
    };
  }

  function dragSlot(root, numbers, draw) {
    const area = root.querySelector(".bk-picture");
    area.addEventListener("pointerdown", (down) => {
      const part = down.target.closest("[data-part]")?.dataset.part;
      if (!part) return;
      down.preventDefault();
      const start = [...BOX, "ground"].map(numbers.get);
      const size = area.getBoundingClientRect();
      follow(area, down, (move) => {
        const [dx, dy] = [(move.clientX - down.clientX) / size.width, (move.clientY - down.clientY) / size.height];
        for (const [name, value] of Object.entries(moves(numbers, start, part, dx, dy))) numbers.set(name, value);
        draw();
      });
    });
  }

  function dragSun(root, numbers, draw) {
    const dial = root.querySelector(".bk-light");
    dial.querySelector(".bk-sun").addEventListener("pointerdown", (down) => {
      down.preventDefault();
      follow(dial, down, (move) => {
        const point = new DOMPoint(move.clientX, move.clientY).matrixTransform(dial.getScreenCTM().inverse());
        const degrees = (Math.atan2(point.x, point.y) * 180) / Math.PI;
        numbers.set("light_azimuth", Math.round(degrees + 360) % 360);
        numbers.set("light_height", (Math.acos(clamp(Math.hypot(point.x, point.y) / RADIUS, 0, 1)) * 180) / Math.PI);
        draw();
      });
    });
  }

  function follow(element, down, moved) {
    element.setPointerCapture(down.pointerId);
    element.addEventListener("pointermove", moved);
    element.addEventListener("lostpointercapture", () => element.removeEventListener("pointermove", moved), { once: true });
  }

  function showChosen(root) {
    const image = root.querySelector("img");
    document.getElementById("id_upload")?.addEventListener("change", (event) => {
      const [file] = event.target.files;
      if (!file) return;
      image.src = URL.createObjectURL(file);
      image.hidden = false;
      root.querySelector(".bk-empty").hidden = true;
    });
    image.addEventListener("error", () => {
      root.querySelector(".bk-empty").hidden = false;
      root.querySelector(".bk-empty").textContent = "The browser can't show this picture; save, then place the slot.";
      image.hidden = true;
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const root = document.getElementById("slot-editor");
    if (!root) return;
    const numbers = numbersOf(root);
    const draw = () => {
      drawSlot(root, numbers);
      drawLight(root, numbers);
    };
    draw();
    if (root.dataset.fixed) return;
    numbers.listen(draw);
    dragSlot(root, numbers, draw);
    dragSun(root, numbers, draw);
    showChosen(root);
  });
})();
