/** The layer under the controls, its tensors, and what the server made of them. */
const playground = {
  /** Tensors of one's own, in the page's order of axes. */
  own: { input: null, filters: null },
  result: null,
  listeners: new Set(),
  maps: {},
  abort: null,

  presets: {
    seed: { kernel: 3, stride: 2, padding: "SAME", size: 4, "input-kind": "ones", "filter-kind": "ones", batch: 3, "input-channels": 2, "output-channels": 4, seed: 1 },
    even: { kernel: 4, stride: 2, padding: "SAME", size: 4, "input-kind": "ones", "filter-kind": "ones", batch: 3, "input-channels": 2, "output-channels": 4, seed: 1 },
    dcgan: { kernel: 5, stride: 2, padding: "SAME", size: 8, "input-kind": "ones", "filter-kind": "glorot", batch: 1, "input-channels": 8, "output-channels": 3, seed: 1 },
    bilinear: { kernel: 5, stride: 3, padding: "SAME", size: 6, "input-kind": "disc", "filter-kind": "bilinear", batch: 1, "input-channels": 1, "output-channels": 1, seed: 1 },
    holes: { kernel: 2, stride: 3, padding: "SAME", size: 5, "input-kind": "ones", "filter-kind": "ones", batch: 1, "input-channels": 1, "output-channels": 1, seed: 1 },
  },

  start() {
    addSteppers(document);
    const form = byId("controls");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => playground.changed(event.target.id));
    for (const button of document.querySelectorAll("[data-preset]")) {
      button.addEventListener("click", () => playground.apply(playground.presets[button.dataset.preset]));
    }
    for (const id of ["view-image", "view-input", "view-output"]) byId(id).addEventListener("input", () => playground.show());
    const pixelOf = (source) => (cell) => showPixel(source, cell);
    playground.maps = {
      input: new HeatMap(byId("map-input"), { onPoint: pixelOf("input") }),
      filters: new HeatMap(byId("map-filters"), { onPoint: pixelOf("filters") }),
      output: new HeatMap(byId("map-output"), { onPoint: pixelOf("output"), pinned: [2, 2] }),
      overlap: new HeatMap(byId("map-overlap"), { onPoint: pixelOf("overlap") }),
    };
    ownTensors.start();
    address.start();
    new ResizeObserver(() => playground.show()).observe(byId("equation"));
    server.whenServing(() => playground.compute());
  },

  apply(preset) {
    playground.own = { input: null, filters: null };
    for (const [id, value] of Object.entries(preset)) {
      if (id === "padding") byId(`padding-${value.toLowerCase()}`).checked = true;
      else byId(id).value = value;
    }
    playground.compute();
  },

  /** A control was changed: what decides a tensor's shape or kind takes the place of one's own. */
  changed(id) {
    if (id.startsWith("own-") || id.startsWith("file-")) return;
    byId("address-note").hidden = true;
    const decides = {
      input: ["size", "input-kind", "batch", "input-channels"], filters: ["kernel", "filter-kind", "input-channels", "output-channels"],
    };
    for (const name of ["input", "filters"]) {
      if (!playground.own[name] || !decides[name].includes(id)) continue;
      playground.own[name] = null;
      const select = byId(name === "input" ? "input-kind" : "filter-kind");
      if (select.value === "own") select.value = "ones";
    }
    playground.isBusy = true;
    clearTimeout(playground.timer);
    playground.timer = setTimeout(() => playground.compute(), 60);
  },

  /** Whether what is shown is about to change. */
  set isBusy(isBusy) { byId("equation").setAttribute("aria-busy", String(isBusy)); },

  /** What the controls say. */
  get settings() {
    const number = (id) => wholeNumber(byId(id));
    return {
      kernel: number("kernel"), stride: number("stride"), size: number("size"), batch: number("batch"), seed: number("seed"),
      inputChannels: number("input-channels"), outputChannels: number("output-channels"),
      padding: document.querySelector('input[name="padding"]:checked').value,
      inputKind: byId("input-kind").value, filterKind: byId("filter-kind").value,
    };
  },

  /** The tensors that the settings describe. */
  tensors(settings) {
    const { own } = playground;
    const inputChannels = own.input?.shape[3] ?? own.filters?.shape[3] ?? settings.inputChannels;
    const input = own.input
      ?? inputMakers[settings.inputKind]([settings.batch, settings.size, settings.size, inputChannels], settings.seed);
    const filters = own.filters
      ? asFilters(own.filters, settings.outputChannels, inputChannels)
      : filterMakers[settings.filterKind]([settings.kernel, settings.kernel, settings.outputChannels, inputChannels], settings.stride, settings.seed);
    return { input, filters };
  },

  async compute() {
    playground.isBusy = true;
    const { settings } = playground;
    const { input, filters } = playground.tensors(settings);
    const shown = address.values();
    for (const button of document.querySelectorAll("[data-preset]")) {
      const isShown = Object.entries(playground.presets[button.dataset.preset]).every(([id, value]) => shown[id] === String(value));
      button.setAttribute("aria-pressed", String(isShown));
    }
    playground.abort?.abort();
    const abort = (playground.abort = new AbortController());
    const options = { strides: settings.stride, padding: settings.padding };
    try {
      const [{ output, milliseconds }, overlap] = await Promise.all([
        convolve(input, filters, options, abort.signal),
        convolve(inputMakers.ones([1, input.shape[1], input.shape[2], 1]), filterMakers.ones([filters.shape[0], filters.shape[1], 1, 1]), options, abort.signal),
      ]);
      const layer = new Layer({ inputShape: input.shape, filterShape: filters.shape, stride: settings.stride, padding: settings.padding });
      playground.result = { settings, input, filters, output, overlap: overlap.output, layer, milliseconds };
      byId("fault").textContent = "";
      address.write();
      ownTensors.show();
      for (const [id, most] of [["view-image", output.shape[0]], ["view-input", input.shape[3]], ["view-output", output.shape[3]]]) {
        byId(id).max = most;
        if (Number(byId(id).value) > most) byId(id).value = most;
      }
      playground.show();
      for (const listener of playground.listeners) listener(playground.result);
    } catch (error) {
      if (error.name === "AbortError" || error instanceof ServerAway) return;
      byId("fault").textContent = `The server says: ${error.message}.`;
    } finally {
      if (playground.abort === abort) playground.isBusy = false;
    }
  },

  /** Which image and channels are shown, counted from zero. */
  get view() {
    return { image: wholeNumber(byId("view-image")) - 1, into: wholeNumber(byId("view-input")) - 1, out: wholeNumber(byId("view-output")) - 1 };
  },

  show() {
    if (!playground.result) return;
    const { input, filters, output, overlap, milliseconds } = playground.result;
    const { image, into, out } = playground.view;
    const cell = playground.cellSide();
    const values = {
      input: (row, column) => input.at(image, row, column, into),
      filters: (row, column) => filters.at(row, column, out, into),
      output: (row, column) => output.at(image, row, column, out),
      overlap: (row, column) => overlap.at(0, row, column, 0),
    };
    const sides = { input: input.shape.slice(1, 3), filters: filters.shape.slice(0, 2), output: output.shape.slice(1, 3), overlap: overlap.shape.slice(1, 3) };
    const ranges = {
      input: new ColorRange(input.data), filters: new ColorRange(filters.data), output: new ColorRange(output.data), overlap: new ColorRange(overlap.data),
    };
    const names = { input: "Input", filters: "Filter", output: "Output", overlap: "Copies per pixel" };
    for (const [name, map] of Object.entries(playground.maps)) {
      const [height, width] = sides[name];
      map.show({
        height, width, value: values[name], range: ranges[name], cell: name === "overlap" ? Math.max(2, Math.min(cell, Math.floor(260 / Math.max(height, width)))) : cell,
        label: `${names[name]}, ${height} by ${width}, from ${formatted(ranges[name].least)} to ${formatted(ranges[name].greatest)}. Arrow keys move from cell to cell.`,
      });
      showBar(byId(`bar-${name}`), ranges[name]);
    }
    byId("input-shape").textContent = input.shape.join(" × ");
    byId("filters-shape").textContent = filters.shape.join(" × ");
    byId("output-shape").textContent = output.shape.join(" × ");
    byId("timing").textContent = `computed by ${location.host} in ${formatted(milliseconds, 2)} ms, there and back`;
    playground.maps.output.point(playground.maps.output.pinned);
    showFinding(playground.result);
    showPhases(playground.result, out);
    stamps.show();
  },

  /** The side of a cell, the same in all three maps, so that sizes can be compared by eye. */
  cellSide() {
    const { input, filters, output } = playground.result;
    const room = byId("equation").clientWidth;
    const side = (pixels, cells) => Math.max(2, Math.min(40, Math.floor(pixels / cells)));
    const inARow = Math.max(input.shape[2], 3) + Math.max(filters.shape[1], 3) + output.shape[2];
    if (room < 660) return Math.min(side(room - 8, output.shape[2]), side(room - 76, input.shape[2] + filters.shape[1]));
    const besidePixel = side(room - 430, inARow);
    return besidePixel >= 28 ? besidePixel : Math.max(besidePixel, side(room - 210, inARow));
  },
};
