// The order of an image tensor's axes: channels last (NHWC) or channels first (NCHW). This page computes in NHWC.

const layoutNames = { channels_last: "NHWC, channels last", channels_first: "NCHW, channels first" };

/** Guesses the layout of a shape of rank 3 or 4, in which -1 is any length. `isSure` is false if both are plausible. */
function guessedLayout(shape) {
  const [first, middle, last] = shape.slice(-3);
  const isFew = (length) => length >= 1 && length <= 4;
  const votes = [];
  // Images are mostly square, and mostly have few channels.
  if ((first === middle) !== (middle === last)) votes.push(first === middle ? "channels_last" : "channels_first");
  if (isFew(first) !== isFew(last)) votes.push(isFew(last) ? "channels_last" : "channels_first");
  return { format: votes[0] ?? "channels_last", isSure: votes.length > 0 && votes.every((vote) => vote === votes[0]) };
}

/** Guesses whether filters are [height, width, out, in], as Keras has them, or [in, out, height, width], as PyTorch. */
function guessedFilterLayout([first, second, third, fourth]) {
  const [isLast, isFirst] = [first === second, third === fourth];
  return { format: isFirst && !isLast ? "channels_first" : "channels_last", isSure: isFirst !== isLast };
}

/** Returns the tensor with its axes in another order: axis i of the result is axis `order[i]` of the tensor. */
function permuted(tensor, order) {
  const shape = order.map((axis) => tensor.shape[axis]);
  const strides = tensor.shape.map((_, axis) => tensor.shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const steps = order.map((axis) => strides[axis]);
  const data = new Float32Array(tensor.count);
  const index = shape.map(() => 0);
  for (let to = 0, from = 0; to < data.length; to++) {
    data[to] = tensor.data[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++index[axis] < shape[axis]) break;
      from -= steps[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return new Tensor(shape, data);
}

const channelsLast = (tensor) => permuted(tensor, tensor.shape.length === 3 ? [1, 2, 0] : [0, 2, 3, 1]);
const channelsFirst = (tensor) => permuted(tensor, tensor.shape.length === 3 ? [2, 0, 1] : [0, 3, 1, 2]);
/** PyTorch's [in, out, height, width] as [height, width, out, in]. */
const filtersLast = (tensor) => permuted(tensor, [2, 3, 1, 0]);
