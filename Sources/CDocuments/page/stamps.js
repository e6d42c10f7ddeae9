/** Shows how the output comes about: copy after copy of the filter, one for each input pixel, is stamped and added. */
const stamps = {
  /** How many copies are stamped; null shows the finished output. */
  count: null,
  timer: null,
  /** The sum that was drawn last. */
  last: null,

  start() {
    const slider = byId("stamp-at");
    slider.addEventListener("input", () => {
      // `pause` puts the slider back to where the stamps are.
      const wanted = Number(slider.value);
      stamps.pause();
      stamps.go(wanted);
    });
    byId("stamp-play").addEventListener("click", () => (stamps.timer ? stamps.pause() : stamps.play()));
    byId("stamp-back").addEventListener("click", () => { stamps.pause(); stamps.go(stamps.stamped - 1); });
    byId("stamp-step").addEventListener("click", () => { stamps.pause(); stamps.go(stamps.stamped === stamps.total ? 1 : stamps.stamped + 1); });
    byId("stamp-speed").addEventListener("input", () => { if (stamps.timer) stamps.play(); });
    playground.listeners.add(() => {
      stamps.pause();
      stamps.go(stamps.total);
    });
    // Who asks for less motion steps by hand.
    const reduced = matchMedia("(prefers-reduced-motion: reduce)");
    const obey = () => { stamps.pause(); byId("stamps").dataset.still = String(reduced.matches); };
    reduced.addEventListener("change", obey);
    obey();
  },

  get total() { return playground.result ? playground.result.layer.rows.input * playground.result.layer.columns.input : 0; },
  get stamped() { return stamps.count ?? stamps.total; },
  get isOn() { return stamps.count !== null; },

  play() {
    clearInterval(stamps.timer);
    if (stamps.stamped === stamps.total) stamps.go(0);
    // While it plays, screen readers are told nothing; each step by hand is read out.
    stamps.isSpoken = false;
    stamps.timer = setInterval(() => {
      if (document.visibilityState !== "visible") return;
      stamps.go(stamps.stamped + 1);
      if (!stamps.isOn) stamps.pause();
    }, Number(byId("stamp-speed").value));
    stamps.label();
  },

  pause() {
    clearInterval(stamps.timer);
    stamps.timer = null;
    stamps.isSpoken = true;
    stamps.label();
  },

  set isSpoken(isSpoken) { for (const id of ["pixel", "stamp-count"]) byId(id).setAttribute("aria-live", isSpoken ? "polite" : "off"); },

  label() {
    byId("stamp-play").textContent = stamps.timer ? "❚❚ Pause" : "▶ Play";
    byId("stamp-at").max = stamps.total;
    byId("stamp-at").value = stamps.stamped;
    byId("stamp-count").textContent = `${stamps.stamped} of ${plural(stamps.total, "copy", "copies")}`;
  },

  /** Goes to where `count` copies are stamped; with all of them the output is finished. */
  go(count) {
    const wasOn = stamps.isOn;
    stamps.count = count >= stamps.total ? null : Math.max(0, count);
    stamps.label();
    if (stamps.isOn) stamps.show(); else if (wasOn) playground.show();
  },

  /** The sum of the first copies at every output pixel, for the image and channel shown. */
  sum() {
    const { result } = playground;
    const { layer, input, filters } = result;
    const { image, out } = playground.view;
    const [, , columns, channels] = input.shape;
    // The next copies are added to the last sum.
    let { last } = stamps;
    if (!last || last.result !== result || last.image !== image || last.out !== out || last.count > stamps.count) {
      last = stamps.last = { result, image, out, count: 0, range: stamps.range(result.output), data: new Float64Array(layer.rows.output * layer.columns.output) };
    }
    const { data } = last;
    for (let index = last.count; index < stamps.count; index++) {
      const cell = [Math.floor(index / columns), index % columns];
      for (const { tapRow, tapColumn, outputRow, outputColumn } of meetingsOf("input", layer, cell)) {
        for (let into = 0; into < channels; into++) {
          data[outputRow * layer.columns.output + outputColumn] += input.at(image, cell[0], cell[1], into) * filters.at(tapRow, tapColumn, out, into);
        }
      }
    }
    last.count = stamps.count;
    return data;
  },

  /** The colours of the finished output, widened to the zero that it begins with. */
  range(output) {
    const { least, greatest } = new ColorRange(output.data);
    return new ColorRange([0, least, greatest]);
  },

  /** Draws the output so far over the finished one, and frames the last copy. */
  show() {
    stamps.label();
    if (!stamps.isOn) return;
    const { layer, input } = playground.result;
    const { maps } = playground;
    const sum = stamps.sum();
    maps.output.value = (row, column) => sum[row * layer.columns.output + column];
    maps.output.range = stamps.last.range;
    showBar(byId("bar-output"), stamps.last.range);
    const at = stamps.count - 1;
    const cell = [Math.floor(at / input.shape[2]), at % input.shape[2]];
    const reached = at < 0 ? [] : meetingsOf("input", layer, cell);
    const keys = new Set(reached.map(({ outputRow, outputColumn }) => outputRow * 65536 + outputColumn));
    maps.input.light(null, (row, column) => at >= 0 && row === cell[0] && column === cell[1]);
    maps.filters.light(null, null);
    maps.output.light(null, (row, column) => keys.has(row * 65536 + column));
    lightPhase(null);
    byId("pixel").replaceChildren(
      element("h2", {}, at < 0 ? "Nothing is stamped yet" : `Copy ${at + 1}: input (${cell.join(", ")})`),
      element("p", {}, at < 0 ? "The output begins with zeros. Each input pixel adds one copy of the filter."
        : `The filter, times this pixel, is added to ${plural(reached.length, "output pixel")}; the next copy goes ${plural(layer.stride, "pixel")} further${layer.stride < layer.columns.kernel ? ", so that they overlap" : ""}.`));
  },
};
