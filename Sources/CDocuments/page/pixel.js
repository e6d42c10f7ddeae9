/** Explains one cell of a map, and lights up what belongs to it in the others. */
function showPixel(source, cell) {
  const { result, maps, view } = playground;
  if (!result || stamps.isOn) return;
  const { layer } = result;
  if (!cell) {
    if (source !== "output" && maps.output.pinned) { showPixel("output", maps.output.pinned); return; }
    for (const map of Object.values(maps)) map.light(null);
    lightPhase(null);
    byId("pixel").replaceChildren(element("p", { class: "note" }, "Point at a cell, or move to it with the arrow keys, to see what it is made of."));
    return;
  }
  if (source === "overlap") source = "output";
  if (source === "output") explainOutput(result, view, cell);
  else explainPart(source, result, view, cell);

  const among = (cells) => {
    const keys = new Set(cells.map(([row, column]) => row * 65536 + column));
    return (row, column) => keys.has(row * 65536 + column);
  };
  const meetings = source === "output" ? layer.meetings(...cell) : meetingsOf(source, layer, cell);
  const cells = {
    input: meetings.map((pair) => [pair.inputRow, pair.inputColumn]),
    filters: meetings.map((pair) => [pair.tapRow, pair.tapColumn]),
    output: meetings.map((pair) => [pair.outputRow ?? cell[0], pair.outputColumn ?? cell[1]]),
  };
  cells[source] = [cell];
  for (const name of ["input", "filters", "output"]) {
    // Of the map pointed at only the cell itself is framed, and nothing dimmed.
    const isIn = among(cells[name]);
    if (name === source) maps[name].light(null, isIn);
    else maps[name].light(isIn);
  }
  maps.overlap.light(null, among(cells.output));
  lightPhase(source === "output" ? [layer.rows.phase(cell[0]), layer.columns.phase(cell[1])] : null);
}

/** All meetings of an input pixel, or of a tap, with where each lands. */
function meetingsOf(source, layer, [row, column]) {
  const found = [];
  const [height, width] = [layer.rows.output, layer.columns.output];
  const land = (inputRow, tapRow, inputColumn, tapColumn) => {
    const outputRow = inputRow * layer.stride + tapRow - layer.rows.before;
    const outputColumn = inputColumn * layer.stride + tapColumn - layer.columns.before;
    if (outputRow < 0 || outputColumn < 0 || outputRow >= height || outputColumn >= width) return;
    found.push({ inputRow, tapRow, inputColumn, tapColumn, outputRow, outputColumn });
  };
  if (source === "input") {
    for (let y = 0; y < layer.rows.kernel; y++) for (let x = 0; x < layer.columns.kernel; x++) land(row, y, column, x);
  } else {
    for (let y = 0; y < layer.rows.input; y++) for (let x = 0; x < layer.columns.input; x++) land(y, row, x, column);
  }
  return found;
}

const maxRowsShown = 9;

function explainOutput({ layer, input, filters, output }, { image, out }, [row, column]) {
  const meetings = layer.meetings(row, column);
  const channels = input.shape[3];
  let sum = 0;
  const rows = meetings.map((pair) => {
    let part = 0;
    for (let into = 0; into < channels; into++) {
      part += input.at(image, pair.inputRow, pair.inputColumn, into) * filters.at(pair.tapRow, pair.tapColumn, out, into);
    }
    sum += part;
    return element("tr", {},
      element("td", {}, `(${pair.inputRow}, ${pair.inputColumn})`), element("td", {}, `(${pair.tapRow}, ${pair.tapColumn})`), element("td", {}, formatted(part)));
  });
  const value = output.at(image, row, column, out);
  const phase = `phase (${layer.rows.phase(row)}, ${layer.columns.phase(column)})`;
  const missing = layer.rows.taps(layer.rows.phase(row)) * layer.columns.taps(layer.columns.phase(column)) - meetings.length;
  byId("pixel").replaceChildren(
    element("h2", {}, `Output (${row}, ${column}) = ${formatted(value)}`),
    element("p", {}, meetings.length === 0
      ? `No copy reaches it: it is ${phase}, which has no taps here.`
      : `${plural(meetings.length, "copy", "copies")} of the filter ${meetings.length === 1 ? "reaches" : "meet in"} it: ${phase}${missing ? `; ${missing} more would, but lie beyond the border` : ""}.`),
    meetings.length === 0 ? null : element("table", {},
      element("caption", { class: "visually-hidden" }, "What the output pixel is the sum of"),
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "input"), element("th", { scope: "col" }, "tap"), element("th", { scope: "col" }, channels > 1 ? `Σ ${channels} channels` : "product"))),
      element("tbody", {}, ...rows.slice(0, maxRowsShown),
        rows.length > maxRowsShown ? element("tr", {}, element("td", { colspan: 3 }, `and ${rows.length - maxRowsShown} more`)) : null),
      element("tfoot", {}, element("tr", {}, element("td", { colspan: 2 }, "sum"), element("td", {}, formatted(sum))))) ?? "");
}

function explainPart(source, { layer, input, filters }, { image, into, out }, cell) {
  const reached = meetingsOf(source, layer, cell).length;
  const [row, column] = cell;
  byId("pixel").replaceChildren(...(source === "input"
    ? [element("h2", {}, `Input (${row}, ${column}) = ${formatted(input.at(image, row, column, into))}`),
      element("p", {}, `It stamps one copy of the filter, times its value, on ${plural(reached, "output pixel")}.`)]
    : [element("h2", {}, `Tap (${row}, ${column}) = ${formatted(filters.at(row, column, out, into))}`),
      element("p", {}, `It belongs to phase (${row % layer.stride}, ${column % layer.stride}), and adds to ${plural(reached, "output pixel")}: always ${layer.stride === 1 ? "each" : `every ${layer.stride === 2 ? "second" : layer.stride === 3 ? "third" : layer.stride + "th"}`} of a row.`)]));
}
