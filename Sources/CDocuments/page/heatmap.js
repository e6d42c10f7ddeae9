/** A matrix drawn as coloured cells, with values in them where they fit. It can be pointed at, and walked with arrow keys. */
class HeatMap {
  /** `onPoint(row, column)` is called with the cell pointed at or walked to, and with null when that ends. */
  constructor(holder, { onPoint, pinned } = {}) {
    this.canvas = element("canvas", onPoint ? { tabindex: "0", role: "application", "aria-roledescription": "heat map" } : { role: "img" });
    holder.replaceChildren(onPoint ? element("div", { class: "map-scroll" }, this.canvas) : this.canvas);
    this.onPoint = onPoint;
    this.pinned = pinned ?? null;
    this.lit = null;
    if (!onPoint) return;
    const cellAt = (event) => {
      const box = this.canvas.getBoundingClientRect();
      const [row, column] = [Math.floor((event.clientY - box.top) / this.cell), Math.floor((event.clientX - box.left) / this.cell)];
      return row >= 0 && column >= 0 && row < this.height && column < this.width ? [row, column] : null;
    };
    this.canvas.addEventListener("pointermove", (event) => this.point(cellAt(event)));
    this.canvas.addEventListener("pointerdown", (event) => { this.pinned = cellAt(event) ?? this.pinned; this.point(this.pinned); });
    this.canvas.addEventListener("pointerleave", () => this.point(this.pinned));
    this.canvas.addEventListener("keydown", (event) => this.walk(event));
  }

  point(cell) {
    this.cursor = cell;
    this.onPoint(cell);
  }

  walk(event) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const [row, column] = this.cursor ?? this.pinned ?? [0, 0];
    let next;
    if (steps[event.key]) next = [row + steps[event.key][0], column + steps[event.key][1]];
    else if (event.key === "Home") next = [row, 0];
    else if (event.key === "End") next = [row, this.width - 1];
    else return;
    event.preventDefault();
    this.pinned = [Math.min(this.height - 1, Math.max(0, next[0])), Math.min(this.width - 1, Math.max(0, next[1]))];
    this.point(this.pinned);
  }

  /** `value(row, column)` of every cell; `cell` is a cell's side in CSS pixels. */
  show({ height, width, value, range, cell, label, withText = true, hasSeams = true }) {
    Object.assign(this, { height, width, value, range, cell, withText, hasSeams });
    if (this.pinned && (this.pinned[0] >= height || this.pinned[1] >= width)) this.pinned = [Math.min(this.pinned[0], height - 1), Math.min(this.pinned[1], width - 1)];
    this.canvas.setAttribute("aria-label", label);
    this.draw();
  }

  /** Lights up the cells for which `isLit(row, column)`; null lights all alike. */
  light(isLit, frame = isLit) {
    this.lit = isLit;
    this.frame = frame;
    this.draw();
  }

  draw() {
    const { height, width, cell, canvas } = this;
    if (!height) return;
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    const [pixelWidth, pixelHeight] = [Math.round(width * cell * ratio), Math.round(height * cell * ratio)];
    if (canvas.width !== pixelWidth || canvas.height !== pixelHeight) [canvas.width, canvas.height] = [pixelWidth, pixelHeight];
    canvas.style.width = `${width * cell}px`;
    canvas.style.height = `${height * cell}px`;
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(document.documentElement);
    const [paper, accent] = [style.getPropertyValue("--paper").trim(), style.getPropertyValue("--accent").trim()];
    context.fillStyle = paper;
    context.fillRect(0, 0, width * cell, height * cell);
    const seam = this.hasSeams && cell >= 12 ? 1 : 0;
    const size = Math.max(9, Math.min(15, Math.floor(cell * 0.36)));
    context.font = `500 ${size}px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const value = this.value(row, column);
        const color = this.range.color(value);
        const [x, y] = [column * cell, row * cell];
        context.fillStyle = css(color);
        // Where there are no seams a cell reaches a little under the next: no hairlines between them.
        const side = seam ? cell - seam : cell + 0.5;
        context.fillRect(x, y, side, side);
        if (this.withText && cell >= 20) {
          const text = formatted(value, cell >= 34 ? 3 : 2);
          if (context.measureText(text).width < cell - 3) {
            context.fillStyle = textOn(color);
            context.fillText(text, x + (cell - seam) / 2, y + (cell - seam) / 2 + 0.5);
          }
        }
        if (this.lit && !this.lit(row, column)) {
          context.globalAlpha = 0.72;
          context.fillStyle = paper;
          context.fillRect(x, y, cell - seam, cell - seam);
          context.globalAlpha = 1;
        }
      }
    }
    if (!this.frame) return;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        if (!this.frame(row, column)) continue;
        const width = cell >= 12 ? 2.5 : 1.5;
        context.lineWidth = width + 2;
        context.strokeStyle = paper;
        context.strokeRect(column * cell + width / 2, row * cell + width / 2, cell - seam - width, cell - seam - width);
        context.lineWidth = width;
        context.strokeStyle = accent;
        context.strokeRect(column * cell + width / 2, row * cell + width / 2, cell - seam - width, cell - seam - width);
      }
    }
  }
}

/** The legend of a range: its colours between its ends. */
function showBar(holder, range) {
  if (range.least === range.greatest && !range.isDiverging) {
    const dot = element("canvas", { width: 12, height: 12, "aria-hidden": "true" });
    const context = dot.getContext("2d");
    context.fillStyle = css(range.color(range.least));
    context.fillRect(0, 0, 12, 12);
    dot.style.width = dot.style.minWidth = "0.75rem";
    dot.style.height = "0.75rem";
    dot.style.flex = "none";
    holder.replaceChildren(dot, `all ${formatted(range.least)}`);
    return;
  }
  const strip = element("canvas", { width: 256, height: 1, "aria-hidden": "true" });
  const context = strip.getContext("2d");
  for (let index = 0; index < 256; index++) {
    context.fillStyle = css(range.colors[index]);
    context.fillRect(index, 0, 1, 1);
  }
  holder.replaceChildren(element("span", {}, formatted(range.from, 3)), strip, element("span", {}, formatted(range.to, 3)));
}
