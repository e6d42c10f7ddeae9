/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
function randomNumbers(seed) {
  let state = (seed * 0x9e3779b1 + 0x7f4a7c15) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  };
}

/** Inputs by name, [batch, height, width, channels]. */
const inputMakers = {
  ones: (shape) => Tensor.filled(shape, () => 1),
  ramp: (shape) => inputFromPlace(shape, (row, column) => row + column),
  impulse: (shape) => inputFromPlace(shape, (row, column, height, width) =>
    row === Math.floor((height - 1) / 2) && column === Math.floor((width - 1) / 2) ? 1 : 0),
  disc: (shape) => inputFromPlace(shape, (row, column, height, width) => {
    const distance = Math.hypot((row - (height - 1) / 2) / height, (column - (width - 1) / 2) / width) * 2;
    return Math.round(1000 / (1 + Math.exp((distance - 0.66) * 9))) / 1000;
  }),
  normal: (shape, seed) => {
    const random = randomNumbers(seed);
    return Tensor.filled(shape, () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
  },
};

function inputFromPlace([batch, height, width, channels], make) {
  return Tensor.filled([batch, height, width, channels], (index) => {
    const pixel = Math.floor(index / channels);
    return make(Math.floor(pixel / width) % height, pixel % width, height, width);
  });
}

/** Filters by name, [height, width, out, in]. */
const filterMakers = {
  ones: (shape) => Tensor.filled(shape, () => 1),

  /** Uniform up to √(6 / (fan in + fan out)), as Keras initialises the layer. */
  glorot: (shape, stride, seed) => {
    const random = randomNumbers(seed);
    const limit = Math.sqrt(6 / (shape[0] * shape[1] * (shape[2] + shape[3])));
    return Tensor.filled(shape, () => (2 * random() - 1) * limit);
  },

  /** A tent as wide as the kernel, shared by all pairs of channels: interpolates where the kernel fits the stride. */
  bilinear: (shape) => {
    const tent = (length) => {
      const half = Math.ceil(length / 2);
      const centre = (2 * half - 1 - (half % 2)) / (2 * half);
      return Array.from({ length }, (_, tap) => 1 - Math.abs(tap / half - centre));
    };
    const [rows, columns] = [tent(shape[0]), tent(shape[1])];
    return filtersFromPlace(shape, (row, column) => (rows[row] * columns[column]) / shape[3]);
  },

  /** One small filter, the same for every phase: at the start the layer only repeats pixels (Aitken et al., 2017). */
  icnr: (shape, stride, seed) => {
    const small = filterMakers.glorot([Math.ceil(shape[0] / stride), Math.ceil(shape[1] / stride), shape[2], shape[3]], stride, seed);
    return filtersFromPlace(shape, (row, column, out, into) => small.at(Math.floor(row / stride), Math.floor(column / stride), out, into));
  },
};

function filtersFromPlace([height, width, out, into], make) {
  return Tensor.filled([height, width, out, into], (index) => {
    const tap = Math.floor(index / (out * into));
    return make(Math.floor(tap / width), tap % width, Math.floor(index / into) % out, index % into);
  });
}
