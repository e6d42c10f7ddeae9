/** Where the taps of a transposed convolution go along one axis: output = input × stride + tap − before. */
class Axis {
  constructor(input, kernel, stride, padding) {
    Object.assign(this, { input, kernel, stride });
    const full = (input - 1) * stride + kernel;
    this.output = padding === "SAME" ? input * stride : full;
    this.before = padding === "SAME" ? Math.floor(Math.max(0, full - this.output) / 2) : 0;
  }

  /** The remainder that decides which taps reach an output position. */
  phase(position) { return (position + this.before) % this.stride; }

  /** The pairs of input and tap that meet at an output position. */
  meetings(position) {
    const pairs = [];
    for (let tap = this.phase(position); tap < this.kernel; tap += this.stride) {
      const input = (position + this.before - tap) / this.stride;
      if (input >= 0 && input < this.input) pairs.push({ input, tap });
    }
    return pairs;
  }

  /** Taps of a phase, borders aside: those that leave this remainder. */
  taps(phase) { return phase < this.kernel ? Math.ceil((this.kernel - phase) / this.stride) : 0; }

  /** Whether no tap of the position's phase falls outside of the input. */
  isInterior(position) { return this.meetings(position).length === this.taps(this.phase(position)); }
}

/** The geometry of a layer on images of one size. */
class Layer {
  constructor({ inputShape, filterShape, stride, padding }) {
    Object.assign(this, { inputShape, filterShape, stride, padding });
    this.rows = new Axis(inputShape[1], filterShape[0], stride, padding);
    this.columns = new Axis(inputShape[2], filterShape[1], stride, padding);
  }

  /** The pairs of input pixel and tap that an output pixel is the sum of. */
  meetings(row, column) {
    const across = this.columns.meetings(column);
    return this.rows.meetings(row).flatMap((down) =>
      across.map((pair) => ({ inputRow: down.input, tapRow: down.tap, inputColumn: pair.input, tapColumn: pair.tap })));
  }

  /** All phases, row by row, with their number of taps. */
  get phases() {
    const phases = [];
    for (let row = 0; row < this.stride; row++) {
      for (let column = 0; column < this.stride; column++) {
        phases.push({ row, column, taps: this.rows.taps(row) * this.columns.taps(column) });
      }
    }
    return phases;
  }

  /** How unevenly the phases are provided with taps: greatest over least, and standard deviation over mean. */
  get unevenness() {
    const counts = this.phases.map((phase) => phase.taps);
    const [least, greatest] = [Math.min(...counts), Math.max(...counts)];
    return { least, greatest, ratio: greatest / least, variation: variation(counts) };
  }
}

/** Standard deviation over mean magnitude. */
function variation(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const magnitude = values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return magnitude === 0 ? 0 : deviation / magnitude;
}
