/** The gain of every phase: what a constant image of ones becomes there, away from borders, in one output channel. */
function phaseGains({ layer, filters }, out) {
  const { stride } = layer;
  const gains = new Float64Array(stride * stride);
  const [height, width, , channels] = filters.shape;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let into = 0; into < channels; into++) gains[(row % stride) * stride + (column % stride)] += filters.at(row, column, out, into);
    }
  }
  return Array.from(gains);
}

/** One sentence on the layer at hand, and the figures of its overlap. */
function showFinding({ layer, input, filters, output }) {
  const { least, greatest, ratio, variation: spread } = layer.unevenness;
  const [kernel, stride] = [`${filters.shape[0]} × ${filters.shape[1]}`, layer.stride];
  const isConstant = (tensor) => tensor.data.every((value) => value === tensor.data[0]);
  const constants = isConstant(input) && isConstant(filters);
  const range = new ColorRange(output.data);
  const parts = [];
  const bold = (text) => element("b", {}, String(text));
  if (least === 0) parts.push(`Here the ${kernel} kernel is smaller than stride ${stride}: some pixels get no copy at all.`);
  else if (least === greatest) parts.push(`Here ${kernel} divides by stride ${stride}: every pixel away from the borders is the sum of `, bold(greatest), greatest === 1 ? " copy." : " copies.");
  else parts.push(`Here a ${kernel} kernel meets stride ${stride}: some pixels are the sum of `, bold(least), least === 1 ? " copy, others of " : " copies, others of ", bold(greatest), ".");
  if (constants && least !== greatest) {
    parts.push(` Every input is ${formatted(input.data[0])}, every weight is ${formatted(filters.data[0])}, and still the output runs from `, bold(formatted(range.least)), " to ", bold(formatted(range.greatest)), ".");
  }
  byId("finding").replaceChildren(...parts);
  const figure = (value, isBad, text) => [element("dt", { class: isBad ? "bad" : "good" }, value), element("dd", {}, text)];
  const gains = phaseGains(playground.result, playground.view.out);
  const gainSpread = variation(gains);
  byId("unevenness").replaceChildren(
    ...figure(least === 0 ? "∞" : `${formatted(ratio, 3)} ×`, ratio !== 1, `the most copies over the least: ${greatest} and ${least}`),
    ...figure(percent(spread), spread > 1e-9, "standard deviation of the copies over their mean"),
    ...figure(percent(gainSpread), gainSpread > 1e-5, "the same of the phases’ gains, with these weights"));
}

/** The phases as small kernels: which taps each output pixel of that phase gets, and what they add up to. */
function showPhases(result, out) {
  const { layer, filters } = result;
  const { stride } = layer;
  const gains = phaseGains(result, out);
  byId("phases-text").textContent = stride === 1
    ? "At stride 1 every output pixel gets every tap: there is one phase, and no checkerboard."
    : `At stride ${stride} an output pixel sees only the taps that leave its remainder: ${stride} × ${stride} = ${stride * stride} different small filters take turns. The gain is what each makes of a constant one.`;
  const range = new ColorRange(filters.data);
  const cell = Math.max(3, Math.min(20, Math.floor(84 / Math.max(filters.shape[0], filters.shape[1]))));
  byId("phases").replaceChildren(...layer.phases.map((phase, index) => {
    const holder = element("div");
    const map = new HeatMap(holder);
    const belongs = (row, column) => row % stride === phase.row && column % stride === phase.column;
    const card = element("div", { class: "phase", "data-phase": `${phase.row},${phase.column}` },
      element("b", {}, `(${phase.row}, ${phase.column})`), holder, element("span", {}, plural(phase.taps, "tap")), element("span", {}, `gain ${formatted(gains[index], 3)}`));
    map.show({
      height: filters.shape[0], width: filters.shape[1], value: (row, column) => filters.at(row, column, out, playground.view.into), range, cell, withText: false,
      label: `Taps of phase ${phase.row}, ${phase.column}`,
    });
    map.light(belongs, null);
    return card;
  }));
  if (playground.maps.output.pinned) {
    const [row, column] = playground.maps.output.pinned;
    lightPhase([layer.rows.phase(row), layer.columns.phase(column)]);
  }
}

function lightPhase(phase) {
  for (const card of byId("phases").children) card.dataset.lit = String(phase !== null && card.dataset.phase === phase.join(","));
}
