/** float32 numbers with a shape, row-major. */
class Tensor {
  constructor(shape, data) {
    this.shape = shape;
    this.data = data instanceof Float32Array ? data : Float32Array.from(data);
  }

  static filled(shape, make) {
    const data = new Float32Array(shape.reduce((product, length) => product * length, 1));
    for (let index = 0; index < data.length; index++) data[index] = make(index);
    return new Tensor(shape, data);
  }

  get count() { return this.data.length; }

  reshaped(shape) { return new Tensor(shape, this.data); }

  /** The element at [a, b, c, d] of a tensor of rank 4. */
  at(a, b, c, d) {
    const [, second, third, fourth] = this.shape;
    return this.data[((a * second + b) * third + c) * fourth + d];
  }

  /** The tensor as a request has it, in the fewest digits that are the same float32. */
  get json() { return `{"shape":[${this.shape}],"data":[${Array.from(this.data, shortest).join(",")}]}`; }
}

/** The shortest decimal text that reads as the same float32; null where there is none. */
function shortest(value) {
  if (!Number.isFinite(value)) return "null";
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return String(candidate);
  }
  return String(Number(value.toPrecision(9)));
}

/** Reads a tensor from JSON text: nested lists of one depth, or {"shape", "data"}. Throws a sentence. */
function tensorFromText(text) {
  let value;
  try { value = JSON.parse(text); } catch { throw new Error("This is not JSON: lists in brackets, numbers with commas between them."); }
  if (typeof value === "number") value = [value];
  if (Array.isArray(value)) {
    const shape = [];
    for (let level = value; Array.isArray(level); level = level[0]) shape.push(level.length);
    const data = [];
    const walk = (node, axis) => {
      if (axis === shape.length) {
        if (typeof node !== "number") throw new Error(`${JSON.stringify(node)} stands where a number should.`);
        data.push(node);
        return;
      }
      if (!Array.isArray(node) || node.length !== shape[axis]) throw new Error(`The lists are ragged: one at depth ${axis + 1} has not ${shape[axis]} elements.`);
      for (const child of node) walk(child, axis + 1);
    };
    walk(value, 0);
    return checkedTensor(shape, data);
  }
  if (value && Array.isArray(value.shape) && Array.isArray(value.data)) {
    if (!value.data.every((number) => typeof number === "number")) throw new Error("data must be a flat list of numbers.");
    return checkedTensor(value.shape, value.data);
  }
  throw new Error('A tensor is nested lists, or {"shape": [...], "data": [...]}.');
}

/** What a drawing can hold: the server takes far more. */
const maxElementsOnPage = 1 << 21;

function checkedTensor(shape, data) {
  const count = shape.reduce((product, length) => product * length, 1);
  if (!shape.every((length) => Number.isInteger(length) && length > 0)) throw new Error(`The shape [${shape}] must have whole lengths of at least 1.`);
  if (count !== data.length) throw new Error(`The shape [${shape}] asks for ${count} numbers, but there are ${data.length}.`);
  if (count > maxElementsOnPage) throw new Error(`This page draws at most ${maxElementsOnPage} numbers; the tensor has ${count}.`);
  return new Tensor(shape, data);
}

/** Reads a tensor as images [batch, height, width, channels]; throws a sentence. */
function asImages(tensor) {
  const { shape } = tensor;
  switch (shape.length) {
    case 1: return tensor.reshaped([1, 1, shape[0], 1]);
    case 2: return tensor.reshaped([1, shape[0], shape[1], 1]);
    case 3: return tensor.reshaped([1, ...shape]);
    case 4: return tensor;
    default: throw new Error(`An input has at most 4 axes, [batch, height, width, channels]; this has ${shape.length}.`);
  }
}

/** Reads a tensor as filters [height, width, out, in]; one kernel is repeated for every pair of channels. */
function asFilters(tensor, outputChannels, inputChannels) {
  const { shape } = tensor;
  if (shape.length === 4) return tensor;
  if (shape.length !== 2) throw new Error(`Filters have 4 axes, [height, width, out, in], or 2, for one kernel; these have ${shape.length}.`);
  const pairs = outputChannels * inputChannels;
  return Tensor.filled([shape[0], shape[1], outputChannels, inputChannels], (index) => tensor.data[Math.floor(index / pairs)]);
}
