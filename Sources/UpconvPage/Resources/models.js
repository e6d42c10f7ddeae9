/** The models that the server has, and a form to try each. */
const models = {
  async load() {
    const list = byId("model-list");
    try {
      const { extensions } = await (await server.request("/v2")).json();
      if (!extensions.includes("model_repository")) {
        list.replaceChildren(element("p", { class: "note" }, "This server has no repository of models; it computes the operation alone."));
        return;
      }
      const index = await (await server.request("/v2/repository/index", { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } })).json();
      if (index.length === 0) {
        list.replaceChildren(element("p", { class: "note" }, "The repository is empty: start the server with --models FOLDER."));
        return;
      }
      const cards = await Promise.all(index.map((entry) => models.card(entry)));
      list.replaceChildren(element("p", {}, "Run one by name, with the Open Inference Protocol that Triton’s and KServe’s clients speak."), ...cards);
    } catch (error) {
      if (error instanceof ServerAway) return;
      list.replaceChildren(element("p", { class: "fault" }, `The list of models cannot be read: ${error.message}.`));
    }
  },

  async card(entry) {
    const title = element("header", {}, element("h3", {}, entry.name),
      element("span", { class: entry.state === "READY" ? "badge" : "badge bad" }, (entry.state ?? "READY").toLowerCase()),
      entry.version ? element("span", { class: "note" }, `version ${entry.version}`) : null);
    if (entry.state && entry.state !== "READY") {
      return element("article", { class: "model" }, title, element("p", { class: "note" }, entry.reason ? `${entry.reason}` : "It is not loaded."));
    }
    const path = `/v2/models/${encodeURIComponent(entry.name)}${entry.version ? `/versions/${entry.version}` : ""}`;
    const about = await (await server.request(path)).json();
    const signature = (tensor) => `${tensor.name} [${tensor.shape.map((length) => (length === -1 ? "·" : length)).join(", ")}]`;
    return element("article", { class: "model" }, title,
      element("div", { class: "signature" }, `${about.inputs.map(signature).join(", ")} → ${about.outputs.map(signature).join(", ")}`),
      models.form(entry, path, about.inputs[0]));
  },

  form(entry, path, input) {
    const id = `model-${entry.name}-${entry.version ?? ""}`;
    const lengths = input.shape.map((length, axis) => (length === -1 ? (axis === 0 ? 1 : 8) : length));
    const shape = element("input", { type: "text", id: `${id}-shape`, value: lengths.join(", "), autocomplete: "off" });
    const kind = element("select", { id: `${id}-kind` },
      ...[["ones", "ones"], ["ramp", "ramp"], ["disc", "soft disc"], ["normal", "random"], ["own", "your own JSON"]].map(([value, text]) => element("option", { value }, text)));
    const own = element("textarea", { id: `${id}-own`, rows: 3, spellcheck: "false" });
    const ownField = element("div", { class: "field own-json", hidden: true }, element("label", { for: own.id }, `${input.name} as JSON: nested lists, or {"shape", "data"}`), own);
    const result = element("div", { class: "result", "aria-live": "polite" });
    kind.addEventListener("input", () => { ownField.hidden = kind.value !== "own"; });

    const tensor = () => {
      if (kind.value === "own") return tensorFromText(own.value);
      const given = shape.value.split(",").map((text) => Number(text.trim()));
      const count = given.reduce((product, length) => product * length, 1);
      if (!given.every((length) => Number.isInteger(length) && length > 0)) throw new Error("The shape must be whole numbers of at least 1, with commas between them.");
      if (count > maxElementsOnPage) throw new Error(`This page sends at most ${maxElementsOnPage} numbers; the shape asks for ${count}.`);
      const maker = inputMakers[kind.value];
      return given.length === 4 ? maker(given, 1) : maker([1, 1, count, 1], 1).reshaped(given);
    };
    const run = async (accept, show) => {
      try {
        const made = tensor();
        const body = `{"inputs":[{"name":${JSON.stringify(input.name)},"datatype":"FP32","shape":[${made.shape}],"data":[${Array.from(made.data, shortest).join(",")}]}]}`;
        const begun = performance.now();
        const response = await server.request(`${path}/infer`, { method: "POST", body, headers: { "Content-Type": "application/json", Accept: accept } });
        await show(response, () => performance.now() - begun);
      } catch (error) {
        result.replaceChildren(element("p", { class: "fault" }, error.message));
      }
    };
    const infer = element("button", { type: "submit", class: "primary" }, "Infer");
    const picture = element("button", { type: "button", onclick: () => run("image/png", (response, elapsed) => models.showPicture(result, response, elapsed)) }, "Picture");
    return element("div", {},
      element("form", { "aria-label": `Try ${entry.name}`, onsubmit: (event) => { event.preventDefault(); run("application/json", (response, elapsed) => models.showNumbers(result, response, elapsed)); } },
        element("div", { class: "field" }, element("label", { for: shape.id }, `Shape of ${input.name}`), shape),
        element("div", { class: "field" }, element("label", { for: kind.id }, "Values"), kind), infer, picture, ownField),
      result);
  },

  async showNumbers(result, response, elapsed) {
    const answer = await response.json();
    const [output] = answer.outputs;
    const tensor = new Tensor(output.shape, output.data);
    const { shape } = tensor;
    const images = shape.length <= 4 ? asImages(tensor) : tensor.reshaped([1, 1, tensor.count, 1]);
    const range = new ColorRange(tensor.data);
    const mean = tensor.data.reduce((sum, value) => sum + value, 0) / tensor.count;
    const holder = element("div");
    const bar = element("div", { class: "bar" });
    const reading = element("p", { class: "note number" }, " ");
    result.replaceChildren(
      element("p", {}, `${output.name} [${shape.join(", ")}] in ${formatted(elapsed(), 3)} ms: from ${formatted(range.least)} to ${formatted(range.greatest)}, mean ${formatted(mean)}. The first image’s first channel:`),
      element("figure", { class: "map" }, holder, bar), reading);
    const [, height, width] = images.shape;
    const map = new HeatMap(holder, {
      onPoint: (cell) => {
        map.light(null, cell && ((row, column) => row === cell[0] && column === cell[1]));
        reading.textContent = cell ? `(${cell[0]}, ${cell[1]}): ${Array.from({ length: Math.min(8, images.shape[3]) }, (_, channel) => formatted(images.at(0, cell[0], cell[1], channel))).join("  ")}${images.shape[3] > 8 ? " …" : ""}` : " ";
      },
    });
    map.show({
      height, width, range, value: (row, column) => images.at(0, row, column, 0), cell: Math.max(2, Math.min(36, Math.floor(Math.min(420, result.clientWidth) / width))),
      label: `${output.name}, ${height} by ${width}, from ${formatted(range.least)} to ${formatted(range.greatest)}. Arrow keys move from cell to cell.`,
    });
    showBar(bar, range);
  },

  async showPicture(result, response, elapsed) {
    const blob = await response.blob();
    const image = element("img", { alt: "The output as the server draws it" });
    if (result.dataset.url) URL.revokeObjectURL(result.dataset.url);
    result.dataset.url = image.src = URL.createObjectURL(blob);
    result.replaceChildren(element("p", {}, `A picture of ${formatted(blob.size / 1024, 3)} KiB in ${formatted(elapsed(), 3)} ms, drawn by the server.`), image);
  },
};
