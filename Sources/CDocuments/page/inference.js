/** A model's form: an input by formula or from a file, a run that can be cancelled, and the output as a picture and heat map. */
class ModelForm {
  constructor(card, entry, path, about) {
    this.path = path;
    this.input = about.inputs[0];
    this.output = about.outputs[0];
    this.id = `model-${entry.name}-${entry.version ?? ""}`;
    // The metadata may name the layout; else the shapes tell.
    const said = about.data_format ?? about.parameters?.data_format;
    const rank = this.input.shape.length;
    const guess = [this.input, this.output].filter(({ shape }) => shape.length === 3 || shape.length === 4).map(({ shape }) => guessedLayout(shape));
    const best = guess.find(({ isSure }) => isSure) ?? guess[0];
    const format = layoutNames[said] ? said : best?.format ?? "channels_last";
    this.layoutNote = layoutNames[said] ? `${layoutNames[said]}, as the model says.`
      : `${layoutNames[format]}${best?.isSure ? ", guessed from the shapes." : ": a guess, since the shapes fit both orders."}`;
    this.file = null;

    const lengths = this.input.shape.map((length, axis) => (length === -1 ? (axis === 0 ? 1 : 8) : length));
    const labelled = (text, control, attributes = {}) => element("div", { class: "field", ...attributes }, element("label", { for: control.id }, text), control);
    this.shape = element("input", { type: "text", id: `${this.id}-shape`, value: lengths.join(", "), autocomplete: "off" });
    this.kind = element("select", { id: `${this.id}-kind`, oninput: () => this.kindChanged() },
      ...[["ones", "ones"], ["ramp", "ramp"], ["disc", "soft disc"], ["normal", "random"], ["own", "your own JSON"], ["file", "your file"]].map(([value, text]) => element("option", { value, hidden: value === "file" }, text)));
    this.layout = element("select", { id: `${this.id}-layout` }, ...Object.entries(layoutNames).map(([value, text]) => element("option", { value, selected: value === format }, text.split(",")[0])));
    this.chooser = element("input", { type: "file", id: `${this.id}-file`, accept: "image/png,image/jpeg,image/webp,.npy,.json", onchange: () => { if (this.chooser.files[0]) this.take(this.chooser.files[0]); this.chooser.value = ""; } });
    this.own = element("textarea", { id: `${this.id}-own`, rows: 3, spellcheck: "false" });
    this.ownField = labelled(`${this.input.name} as JSON: nested lists, or {"shape", "data"}`, this.own, { class: "field own-json", hidden: true });
    this.fileNote = element("p", { class: "note", hidden: true });
    this.infer = element("button", { type: "submit", class: "primary" }, "Infer");
    this.picture = element("button", { type: "button", onclick: () => this.run("image/png") }, "Picture");
    this.cancel = element("button", { type: "button", onclick: () => this.abort.abort() }, "Cancel");
    this.bar = element("progress", { "aria-label": `Run of ${entry.name}` });
    this.state = element("span", { class: "note", role: "status" });
    this.busy = element("div", { class: "busy", hidden: true }, this.bar, this.state, this.cancel);
    this.result = element("div", { class: "result", "aria-live": "polite" });
    const isImages = rank === 3 || rank === 4;
    card.append(
      element("form", { "aria-label": `Try ${entry.name}`, onsubmit: (event) => { event.preventDefault(); this.run("application/octet-stream"); } },
        labelled("File: PNG, JPEG, WebP, .npy, JSON", this.chooser), labelled(`Shape of ${this.input.name}`, this.shape), labelled("Values", this.kind),
        isImages ? element("div", { class: "field" }, element("span", { class: "labelled" }, element("label", { for: this.layout.id }, "Layout"), glossary.hint("NHWC and NCHW")), this.layout) : null,
        element("div", { class: "field buttons" }, this.infer, this.picture), this.ownField),
      isImages ? element("p", { class: "note layout-note" }, this.layoutNote) : "", this.fileNote, this.busy, this.result);
    glossary.attach(card);
    dropping.accept(card, `input of ${entry.name}`, (file) => this.take(file));
  }

  get isFirst() { return this.layout.value === "channels_first"; }

  kindChanged() {
    this.ownField.hidden = this.kind.value !== "own";
    this.fileNote.hidden = this.kind.value !== "file";
  }

  /** Reads a file as the input and runs the model on it. */
  async take(file) {
    try {
      const { shape } = this.input;
      const [height, width, depth] = this.isFirst ? [shape.at(-2), shape.at(-1), shape.at(-3)] : [shape.at(-3), shape.at(-2), shape.at(-1)];
      const fit = (w, h) => {
        const [scaledWidth, scaledHeight] = within(512)(w, h);
        return [width > 0 ? width : scaledWidth, height > 0 ? height : scaledHeight];
      };
      const read = await tensorFromFile(file, { fit, channels: depth === 1 || depth === 3 ? depth : null });
      let { tensor, note } = read;
      if (read.isPicture) {
        if (shape.length < 3 || (depth !== -1 && depth !== 1 && depth !== 3)) throw new Error(`${this.input.name} has ${shape.length < 3 ? "no height and width" : `${depth} channels`}; a picture has 1 or 3. Send a .npy file.`);
        if (this.isFirst) tensor = channelsFirst(tensor);
        if (shape.length === 3) tensor = tensor.reshaped(tensor.shape.slice(1));
        note += ", values from 0 to 1";
      } else {
        ({ tensor, note } = this.fitted(tensor, file.name));
      }
      this.file = tensor;
      this.kind.querySelector('[value="file"]').hidden = false;
      this.kind.value = "file";
      this.kindChanged();
      this.shape.value = tensor.shape.join(", ");
      this.fileNote.textContent = `${note}: sent as [${tensor.shape.join(", ")}].`;
      markField(this.chooser, null);
    } catch (error) {
      markField(this.chooser, error.message);
      return;
    }
    await this.run("application/octet-stream");
  }

  /** Returns an array in the shape that the model takes, if a batch axis or another order of axes is all that differs. */
  fitted(tensor, name) {
    const { shape } = this.input;
    const fits = (candidate) => candidate.shape.length === shape.length && shape.every((length, axis) => length === -1 || length === candidate.shape[axis]);
    const whole = tensor.shape.length === shape.length - 1 ? tensor.reshaped([1, ...tensor.shape]) : tensor;
    if (fits(whole) || whole.shape.length !== 4) return { tensor: whole, note: name };
    const turned = this.isFirst ? channelsFirst(whole) : channelsLast(whole);
    return fits(turned) ? { tensor: turned, note: `${name}, turned from ${this.isFirst ? "NHWC" : "NCHW"} to ${this.isFirst ? "NCHW" : "NHWC"}` } : { tensor: whole, note: name };
  }

  /** The input that the form describes. Throws a sentence, and marks the field that it is about. */
  tensor() {
    const kind = this.kind.value;
    const refuse = (field, sentence) => { markField(field, sentence); throw new Refused(0, sentence); };
    for (const field of [this.shape, this.own]) markField(field, null);
    if (kind === "file") return this.file;
    if (kind === "own") {
      try { return tensorFromText(this.own.value); } catch (error) { refuse(this.own, error.message); }
    }
    const given = this.shape.value.split(",").map((text) => Number(text.trim()));
    const count = given.reduce((product, length) => product * length, 1);
    if (!given.every((length) => Number.isInteger(length) && length > 0)) refuse(this.shape, "The shape must be whole numbers of at least 1, with commas between them.");
    if (count > maxElementsOnPage) refuse(this.shape, `This page sends at most ${maxElementsOnPage} numbers; the shape asks for ${count}.`);
    const maker = inputMakers[kind];
    if (given.length !== 4) return maker([1, 1, count, 1], 1).reshaped(given);
    return this.isFirst ? channelsFirst(maker([given[0], given[2], given[3], given[1]], 1)) : maker(given, 1);
  }

  async run(accept) {
    let tensor;
    try { tensor = this.tensor(); } catch (error) { this.result.replaceChildren(element("p", { class: "fault" }, error.message)); return; }
    this.abort?.abort();
    const abort = (this.abort = new AbortController());
    const begun = performance.now();
    const say = (text) => { this.state.textContent = `${text} ${((performance.now() - begun) / 1000).toFixed(1)} s`; };
    let stage = `Sending ${sizeText(tensor.data.byteLength)} and computing:`;
    this.begin(() => say(stage));
    try {
      const response = await server.request(`${this.path}/infer`, {
        method: "POST", body: npyOf(tensor), signal: abort.signal, headers: { "Content-Type": "application/x-npy", Accept: accept } });
      stage = "Receiving:";
      const content = await this.received(response);
      const milliseconds = performance.now() - begun;
      if (accept === "image/png") this.showPicture(content, milliseconds);
      else this.showNumbers(tensorFromBytes(response, await content.arrayBuffer()), milliseconds);
    } catch (error) {
      if (this.abort !== abort) return;
      this.result.replaceChildren(error.name === "AbortError" ? element("p", { class: "note" }, "Cancelled.") : element("p", { class: "fault" }, error.message));
    } finally {
      if (this.abort === abort) this.end();
    }
  }

  begin(tell) {
    clearInterval(this.timer);
    this.timer = setInterval(tell, 100);
    tell();
    this.bar.removeAttribute("value");
    this.busy.hidden = false;
    this.infer.disabled = this.picture.disabled = true;
  }

  end() {
    clearInterval(this.timer);
    this.busy.hidden = true;
    this.infer.disabled = this.picture.disabled = false;
  }

  /** Reads an answer to its end, and moves the bar on the way. */
  async received(response) {
    const length = Number(response.headers.get("Content-Length"));
    const parts = [];
    let count = 0;
    for (const reader = response.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      count += value.length;
      if (length && !response.headers.get("Content-Encoding")) this.bar.value = count / length;
    }
    return new Blob(parts, { type: response.headers.get("Content-Type") ?? "" });
  }

  showNumbers(tensor, milliseconds) {
    const { shape } = tensor;
    const isImages = shape.length === 3 || shape.length === 4;
    const images = isImages ? asImages(this.isFirst ? channelsLast(tensor) : tensor) : tensor.reshaped([1, 1, tensor.count, 1]);
    const [, height, width, channels] = images.shape;
    const range = new ColorRange(tensor.data);
    const mean = tensor.data.reduce((sum, value) => sum + value, 0) / tensor.count;
    const parts = [element("p", {}, `${this.output.name} [${shape.join(", ")}] in ${formatted(milliseconds, 3)} ms: from ${formatted(range.least)} to ${formatted(range.greatest)}, mean ${formatted(mean)}.`)];
    const maps = element("div", { class: "outputs" });
    parts.push(maps);
    this.result.replaceChildren(...parts);
    if (channels === 3) {
      const canvas = element("canvas", { role: "img", "aria-label": `${this.output.name} as a picture` });
      maps.append(element("figure", { class: "map" }, element("figcaption", {}, "As a picture"), canvas));
      drawPicture(canvas, images, pictureRange(range), Math.min(420, maps.clientWidth));
    }
    this.showChannel(maps, images, range, channels, height, width);
  }

  /** One image and channel of the output as a heat map, with fields to choose others. */
  showChannel(maps, images, range, channels, height, width) {
    const holder = element("div");
    const bar = element("div", { class: "bar" });
    const reading = element("p", { class: "note number" }, " ");
    const stepper = (name, most) => {
      const field = element("input", { id: `${this.id}-${name.toLowerCase()}`, type: "number", min: 1, max: most, value: 1, inputmode: "numeric", oninput: () => show() });
      return { field, box: most === 1 ? null : element("div", { class: "field" }, element("label", { for: field.id }, name), element("span", { class: "stepper" }, field)) };
    };
    const [image, channel] = [stepper("Image", images.shape[0]), stepper("Channel", channels)];
    const figure = element("figure", { class: "map" }, element("figcaption", {}, "Heat map"), holder, bar, reading);
    const choice = element("div", { class: "views" }, image.box, channel.box);
    maps.append(element("div", {}, figure, choice));
    addSteppers(choice);
    const at = (field) => (field.isConnected ? wholeNumber(field) - 1 : 0);
    const map = new HeatMap(holder, {
      onPoint: (cell) => {
        map.light(null, cell && ((row, column) => row === cell[0] && column === cell[1]));
        reading.textContent = cell ? `(${cell[0]}, ${cell[1]}): ${Array.from({ length: Math.min(8, channels) }, (_, each) => formatted(images.at(at(image.field), cell[0], cell[1], each))).join("  ")}${channels > 8 ? " …" : ""}` : " ";
      },
    });
    const show = () => {
      const [which, into] = [at(image.field), at(channel.field)];
      map.show({
        height, width, range, value: (row, column) => images.at(which, row, column, into), cell: Math.max(1, Math.min(36, Math.floor(Math.min(420, maps.clientWidth) / width))),
        label: `${this.output.name}, ${height} by ${width}, from ${formatted(range.least)} to ${formatted(range.greatest)}. Arrow keys move from cell to cell.`,
      });
    };
    show();
    showBar(bar, range);
  }

  showPicture(content, milliseconds) {
    const image = element("img", { alt: "The output as the server draws it" });
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = image.src = URL.createObjectURL(content);
    this.result.replaceChildren(element("p", {}, `A picture of ${formatted(content.size / 1024, 3)} KiB in ${formatted(milliseconds, 3)} ms, drawn by the server.`), image);
  }
}

/** What black and white stand for in a picture, as the server chooses it. */
const pictureRange = ({ least, greatest }) => (least >= 0 && greatest <= 1 ? [0, 1] : least >= -1 && greatest <= 1 ? [-1, 1] : [least, greatest]);

const sizeText = (bytes) => (bytes < 1 << 20 ? `${formatted(bytes / 1024, 3)} KiB` : `${formatted(bytes / (1 << 20), 3)} MiB`);
