/** Tensors of one's own for the playground: pasted, chosen or dropped. */
const ownTensors = {
  /** What was read of each, before its axes are put in order; null without one. */
  read: { input: null, filters: null },

  start() {
    for (const name of ["input", "filters"]) {
      byId(`use-${name}`).addEventListener("click", () => ownTensors.take(name, byId(`own-${name}`), async () => ({ tensor: tensorFromText(byId(`own-${name}`).value), isPasted: true })));
      const chooser = byId(`file-${name}`);
      const takeFile = (file) => ownTensors.take(name, chooser, () => tensorFromFile(file, { fit: within(64), channels: name === "filters" ? 1 : null }));
      chooser.addEventListener("change", () => {
        if (chooser.files[0]) takeFile(chooser.files[0]);
        // The same file can be chosen again.
        chooser.value = "";
      });
      dropping.accept(byId(`figure-${name}`), name, takeFile);
      dropping.accept(byId(`own-${name}`).closest(".own-tensor"), name, takeFile);
    }
    dropping.elsewhere = byId("figure-input");
  },

  async take(name, field, read) {
    const fields = [byId(`own-${name}`), byId(`file-${name}`)];
    playground.isBusy = true;
    try {
      const { tensor, isPicture, isPasted, note } = await read();
      const { shape } = tensor;
      // A picture's order is known, and so is that of pasted filters: their label says it.
      const isImages = name === "input" && (shape.length === 3 || shape.length === 4) && !isPicture;
      const isFilters = name === "filters" && shape.length === 4 && !isPicture && !isPasted;
      const guess = isImages ? guessedLayout(shape) : isFilters ? guessedFilterLayout(shape) : null;
      ownTensors.use(name, { tensor: name === "filters" && isPicture ? tensor.reshaped(shape.slice(1, 3)) : tensor, note, guess, format: guess?.format });
      for (const each of fields) markField(each, null);
    } catch (error) {
      playground.isBusy = false;
      byId("more").open = true;
      for (const each of fields) if (each !== field) markField(each, null);
      markField(field, error.message, field.closest(".own-tensor"));
    }
  },

  /** Puts a tensor into the playground with its axes in the page's order. Throws a sentence. */
  use(name, taken) {
    const { tensor, format } = taken;
    const isFirst = format === "channels_first";
    if (name === "filters") {
      asFilters(tensor, 1, 1);
      // One kernel stays one here: it is repeated for whatever channels there are.
      playground.own.filters = isFirst ? filtersLast(tensor) : tensor;
    } else {
      playground.own.input = asImages(isFirst ? channelsLast(tensor) : tensor);
    }
    ownTensors.read[name] = taken;
    const select = byId(name === "input" ? "input-kind" : "filter-kind");
    select.querySelector('[value="own"]').hidden = false;
    select.value = "own";
    playground.compute();
  },

  /** Says how the axes were read, with a button for the other order. */
  show() {
    byId("own-notes").replaceChildren(...["input", "filters"].flatMap((name) => {
      if (!playground.own[name]) ownTensors.read[name] = null;
      const taken = ownTensors.read[name];
      if (!taken || !(taken.guess || taken.note)) return [];
      const { tensor, guess, format, note } = taken;
      if (!guess) return [element("p", { class: "note" }, `Your ${name}: ${note}.`)];
      const other = format === "channels_first" ? "channels_last" : "channels_first";
      const named = (layout) => (name === "input" ? layoutNames[layout] : { channels_last: "[height, width, out, in]", channels_first: "PyTorch’s [in, out, height, width]" }[layout]);
      return [element("p", { class: "note" }, `Your ${name} [${tensor.shape.join(", ")}] ${name === "input" ? "is" : "are"} read as ${named(format)}`,
        taken.isChosen ? ", as you said. " : guess.isSure ? ", by the shape. " : ". The shape fits both orders: which is right? ",
        element("button", { type: "button", onclick: () => ownTensors.use(name, { ...taken, format: other, isChosen: true }) }, `Read as ${named(other)}`))];
    }));
  },
};
