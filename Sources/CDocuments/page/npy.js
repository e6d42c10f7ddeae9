/** Reads a .npy file (NumPy's format, versions 1 to 3) as float32; throws a sentence. */
function tensorFromNpy(buffer) {
  const bytes = new Uint8Array(buffer);
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (bytes.length < 10 || magic.some((byte, index) => bytes[index] !== byte)) throw new Error("This is not an .npy file: it does not begin as one.");
  const view = new DataView(buffer);
  const long = bytes[6] > 1;
  const start = long ? 12 : 10;
  const end = start + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > bytes.length) throw new Error("The .npy file ends within its header.");
  const header = new TextDecoder("latin1").decode(bytes.subarray(start, end));
  const descr = /'descr':\s*'([<>|=])([fiub])(\d+)'/.exec(header);
  const order = /'fortran_order':\s*(True|False)/.exec(header);
  const lengths = /'shape':\s*\(([^)]*)\)/.exec(header);
  if (!descr || !order || !lengths) throw new Error("The .npy file's header names no type of numbers that this page reads.");
  const shape = lengths[1].split(",").map((text) => text.trim()).filter(Boolean).map(Number);
  const size = Number(descr[3]);
  const count = shape.reduce((product, length) => product * length, 1);
  if (!(end + count * size <= bytes.length)) throw new Error(`The .npy file is cut off: its shape [${shape}] asks for ${count} numbers.`);
  if (count > maxElementsOnPage) throw new Error(`This page draws at most ${maxElementsOnPage} numbers; the file has ${count}.`);
  const little = descr[1] !== ">";
  const read = {
    f2: (at) => float16(view.getUint16(at, little)), f4: (at) => view.getFloat32(at, little), f8: (at) => view.getFloat64(at, little),
    i1: (at) => view.getInt8(at), i2: (at) => view.getInt16(at, little), i4: (at) => view.getInt32(at, little), i8: (at) => Number(view.getBigInt64(at, little)),
    u1: (at) => view.getUint8(at), u2: (at) => view.getUint16(at, little), u4: (at) => view.getUint32(at, little), u8: (at) => Number(view.getBigUint64(at, little)),
    b1: (at) => (view.getUint8(at) ? 1 : 0),
  }[descr[2] + descr[3]];
  if (!read) throw new Error(`The .npy file holds ${descr[2]}${descr[3]}, which this page does not read.`);
  const stored = Float32Array.from({ length: count }, (_, index) => read(end + index * size));
  return checkedTensor(shape.length ? shape : [1], order[1] === "True" ? rowMajor(stored, shape) : stored);
}

/** Turns Fortran's order, first axis fastest, into C's. */
function rowMajor(stored, shape) {
  const data = new Float32Array(stored.length);
  const index = shape.map(() => 0);
  for (let to = 0; to < data.length; to++) {
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) from = from * shape[axis] + index[axis];
    data[to] = stored[from];
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return data;
}

/** IEEE 754 binary16. */
function float16(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Returns a tensor as a .npy file of float32. */
function npyOf(tensor) {
  const tuple = tensor.shape.length === 1 ? `(${tensor.shape[0]},)` : `(${tensor.shape.join(", ")})`;
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The numbers begin at a multiple of 64 bytes.
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + "\n";
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8];
  return new Blob([new Uint8Array(magic), header, tensor.data]);
}

/** Returns tensors by name as a safetensors file of float32. */
function safetensorsOf(tensors) {
  let end = 0;
  const header = JSON.stringify(Object.fromEntries(Object.entries(tensors).map(([name, { shape, data }]) =>
    [name, { dtype: "F32", shape, data_offsets: [end, (end += data.byteLength)] }])));
  const text = header.padEnd(Math.ceil(header.length / 8) * 8);
  return new Blob([new Uint8Array(new BigUint64Array([BigInt(text.length)]).buffer), text, ...Object.values(tensors).map(({ data }) => data)]);
}
