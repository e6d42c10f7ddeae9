/** The playground's settings in the page's address: a link reproduces them, Back returns to those before. */
const address = {
  /** The parameter of each control. */
  names: {
    kernel: "kernel", stride: "stride", padding: "padding", size: "size", "input-kind": "input", "filter-kind": "filters",
    batch: "images", "input-channels": "in", "output-channels": "out", seed: "seed",
  },
  query: "",
  writtenAt: -Infinity,

  start() {
    address.defaults = address.values();
    address.read();
    address.query = location.search;
    window.addEventListener("popstate", () => {
      // A link within the page changes the fragment alone.
      if (location.search === address.query) return;
      address.query = location.search;
      playground.own = { input: null, filters: null };
      address.read();
      playground.compute();
    });
  },

  control: (id) => (id === "padding" ? document.querySelector('input[name="padding"]:checked') : byId(id)),

  /** What counts of each control, as text; null for a tensor of one's own, which no address can hold. */
  values() {
    return Object.fromEntries(Object.keys(address.names).map((id) => {
      const control = address.control(id);
      return [id, control.value === "own" ? null : control.type === "number" ? String(wholeNumber(control)) : control.value];
    }));
  },

  /** Sets the controls from the address, and says what of it is refused. */
  read() {
    const query = new URLSearchParams(location.search);
    const refused = [];
    for (const [id, name] of Object.entries(address.names)) {
      const text = query.get(name) ?? address.defaults[id];
      const control = address.control(id);
      const choices = id === "padding" ? ["SAME", "VALID"] : control.options && [...control.options].map((option) => option.value).filter((value) => value !== "own");
      const isRight = choices ? choices.includes(text) : /^\d{1,4}$/.test(text) && Number(text) >= Number(control.min) && Number(text) <= Number(control.max);
      if (!isRight) {
        const rule = choices ? `one of ${choices.join(", ")}` : `a whole number from ${control.min} to ${control.max}`;
        refused.push(`${name} is “${text.slice(0, 20)}”, but must be ${rule}: ${address.defaults[id]} is used.`);
      }
      const value = isRight ? text : address.defaults[id];
      if (id === "padding") byId(`padding-${value.toLowerCase()}`).checked = true; else control.value = value;
    }
    const note = byId("address-note");
    note.hidden = refused.length === 0;
    note.textContent = refused.length === 0 ? "" : `In this page’s address, ${refused.join(" ")}`;
  },

  /** Puts what is shown into the address. Steps that follow at once, as while typing, share an entry of the history. */
  write() {
    const values = address.values();
    const query = new URLSearchParams();
    if (Object.entries(values).some(([id, value]) => value !== address.defaults[id])) {
      for (const [id, name] of Object.entries(address.names)) if (values[id] !== null) query.set(name, values[id]);
    }
    const text = query.size ? `?${query}` : "";
    if (text === address.query) return;
    const isBurst = performance.now() - address.writtenAt < 700 || address.writtenAt === -Infinity && address.query !== "";
    history[isBurst ? "replaceState" : "pushState"](null, "", location.pathname + text + location.hash);
    address.query = text;
    address.writtenAt = performance.now();
  },
};
