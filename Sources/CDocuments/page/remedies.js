// What removes the checkerboard. Every number comes from the server: a same-size convolution is its transposed
// convolution at stride 1 with the kernel turned around.

/** The kernel turned by half a circle. */
function turned(filters) {
  const [height, width] = filters.shape;
  return filtersFromPlace(filters.shape, (row, column, out, into) => filters.at(height - 1 - row, width - 1 - column, out, into));
}

/** What a same-size convolution crops when it is computed as a transposed one. */
const sameSizeCrop = (length) => [Math.ceil((length - 1) / 2), Math.floor((length - 1) / 2)];

/** A filter for each channel by itself: [height, width, 1, channels], in as many groups. */
const perChannel = (side, channels, weight) => Tensor.filled([side, side, 1, channels], () => weight);

/** Stretches filters to another size, by linear interpolation. */
function stretched(filters, side) {
  const [height, width, out, into] = filters.shape;
  const place = (index, length) => ((index + 0.5) * length) / side - 0.5;
  const clamp = (index, length) => Math.min(length - 1, Math.max(0, index));
  return filtersFromPlace([side, side, out, into], (row, column, o, i) => {
    const [y, x] = [place(row, height), place(column, width)];
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const at = (down, across) => filters.at(clamp(top + down, height), clamp(left + across, width), o, i);
    return (1 - (y - top)) * ((1 - (x - left)) * at(0, 0) + (x - left) * at(0, 1)) + (y - top) * ((1 - (x - left)) * at(1, 0) + (x - left) * at(1, 1));
  });
}

const remedies = {
  abort: null,

  start() {
    byId("probe").addEventListener("input", () => remedies.compute(playground.result));
    playground.listeners.add((result) => remedies.compute(result));
    byId("view-output").addEventListener("input", () => remedies.compute(playground.result));
    new ResizeObserver(() => remedies.show()).observe(byId("remedy-cards"));
  },

  /** One image for all: large enough that there is an inside. */
  probe({ input, filters, layer }, kind = byId("probe").value) {
    if (kind === "own") {
      const size = input.count / input.shape[0];
      const { image } = playground.view;
      return new Tensor([1, ...input.shape.slice(1)], input.data.slice(image * size, (image + 1) * size));
    }
    const side = Math.max(8, 2 * Math.ceil(Math.max(...filters.shape.slice(0, 2)) / layer.stride) + 4);
    return inputMakers[kind]([1, side, side, input.shape[3]]);
  },

  /** The layer and its remedies: how each is computed, how far its borders reach, and how much work it is. */
  list({ filters, layer, settings }) {
    const { stride } = layer;
    const [height, width, out, into] = filters.shape;
    const kernel = Math.max(height, width);
    const whole = Math.ceil(kernel / stride) * stride;
    const options = { strides: stride, padding: settings.padding };
    const wholeShape = [whole, whole, out, into];
    const kind = settings.filterKind;
    const wholeFilters = playground.own.filters ? stretched(filters, whole) : filterMakers[kind](wholeShape, stride, settings.seed);
    const grown = whole ** 2 / (height * width);
    return [
      { name: `As it is: ${height} × ${width}, stride ${stride}`, text: "The playground’s layer.", work: 1, reach: kernel,
        run: (image, signal) => convolve(image, filters, options, signal) },
      { name: `A kernel that the stride divides: ${whole} × ${whole}`, work: grown, reach: whole,
        text: whole === kernel && height === width ? "It does so already. What is left comes from the weights." : "Every pixel gets as many copies as any other. Uneven weights can still draw the pattern, and training may learn it.",
        run: (image, signal) => convolve(image, wholeFilters, options, signal) },
      { name: `ICNR weights, ${whole} × ${whole}`, work: grown, reach: whole,
        text: "All phases begin with the same small filter, so the untrained layer only repeats pixels. Random otherwise: Glorot, by the seed.",
        run: (image, signal) => convolve(image, filterMakers.icnr(wholeShape, stride, settings.seed), options, signal) },
      { name: `Resize × ${stride}, then convolve ${height} × ${width}`, work: stride ** 2, reach: kernel + stride,
        text: "Nearest neighbour, then the same filter at stride 1. No phases, at more work.",
        run: async (image, signal) => {
          const larger = await convolve(image, perChannel(stride, into, 1), { strides: stride, padding: "VALID", groups: into }, signal);
          return convolve(larger.output, turned(filters), { padding: [sameSizeCrop(height), sameSizeCrop(width)] }, signal);
        } },
      { name: `Smooth afterwards: ${stride} × ${stride} mean`, work: 1 + stride ** 4 / (height * width * into), reach: kernel + stride,
        text: "A fixed same-size convolution takes one pixel of every phase, so all phases come out alike; it also blurs.",
        run: async (image, signal) => {
          const { output } = await convolve(image, filters, options, signal);
          return convolve(output, perChannel(stride, out, 1 / stride ** 2), { groups: out, padding: [sameSizeCrop(stride), sameSizeCrop(stride)] }, signal);
        } },
    ];
  },

  async compute(result) {
    if (!result) return;
    remedies.abort?.abort();
    const abort = (remedies.abort = new AbortController());
    const image = remedies.probe(result);
    // An image's own slopes would be taken for the layer's: the score is that of a constant one.
    const constant = remedies.probe(result, "ones");
    try {
      const cards = await Promise.all(remedies.list(result).map(async (remedy) => {
        const [shown, measured] = await Promise.all([image, constant].map((probe) => remedy.run(probe, abort.signal)));
        return { ...remedy, output: shown.output, measured: measured.output };
      }));
      if (abort.signal.aborted) return;
      remedies.shown = { cards, stride: result.layer.stride };
      remedies.show();
    } catch (error) {
      if (error.name === "AbortError" || error instanceof ServerAway) return;
      byId("remedy-cards").replaceChildren(element("p", { class: "fault" }, `The server says: ${error.message}.`));
    }
  },

  show() {
    if (!remedies.shown) return;
    const { cards, stride } = remedies.shown;
    const { out } = playground.view;
    const list = byId("remedy-cards");
    const made = cards.map((card) => {
      const holder = element("div");
      const { unevenness } = checkerboard(card.measured, stride, card.reach, out);
      const figures = { ...checkerboard(card.output, stride, card.reach, out), unevenness };
      const isEven = unevenness !== null && unevenness < 0.005;
      const text = unevenness === null ? "–" : percent(unevenness);
      const shown = element("article", { class: "card" },
        element("h3", {}, card.name), holder,
        element("p", { class: "score" }, element("b", { class: isEven ? "good" : "bad" }, text), `uneven · work × ${formatted(card.work, 2)}`),
        element("p", {}, card.text));
      return { card, holder, figures, shown };
    });
    list.replaceChildren(...made.map(({ shown }) => shown));
    for (const { card, holder, figures } of made) {
      const [, height, width] = card.output.shape;
      new HeatMap(holder).show({
        height, width, cell: Math.max(1, holder.clientWidth / width), withText: false, hasSeams: false, range: new ColorRange([], [-1, 1]),
        value: (row, column) => (card.output.at(0, row, column, out) - figures.mean) / (figures.magnitude || 1),
        label: `${card.name}: ${figures.unevenness === null ? "too small to measure" : percent(figures.unevenness) + " uneven"}`,
      });
    }
  },
};

/** How much the means of the phases differ away from the borders: standard deviation over mean magnitude. */
function checkerboard(output, stride, reach, out) {
  const [, height, width] = output.shape;
  // Whole periods only, so that every phase has as many pixels.
  const span = (length) => {
    const from = Math.min(reach, Math.floor((length - stride) / 2));
    return [Math.max(0, from), Math.max(0, from) + Math.max(0, Math.floor((length - 2 * Math.max(0, from)) / stride)) * stride];
  };
  const [top, bottom] = span(height);
  const [left, right] = span(width);
  const sums = new Float64Array(stride * stride);
  let [total, magnitude, count] = [0, 0, 0];
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const value = output.at(0, row, column, out);
      sums[(row % stride) * stride + (column % stride)] += value;
      total += value;
      magnitude += Math.abs(value);
      count += 1;
    }
  }
  if (count === 0) return { mean: 0, magnitude: 1, unevenness: null };
  const means = Array.from(sums, (sum) => sum / (count / (stride * stride)));
  const mean = total / count;
  const deviation = Math.sqrt(means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / means.length);
  return { mean, magnitude: magnitude / count, unevenness: magnitude === 0 ? 0 : deviation / (magnitude / count) };
}
