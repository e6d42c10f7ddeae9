// Files that are chosen or dropped: pictures are decoded by the browser, .npy and JSON by this page.

/** Kinds of files by how they begin; those without `read` are named in the refusal. */
const fileKinds = [
  { begins: /^\x89PNG/, name: "a PNG picture", read: "picture" },
  { begins: /^\xff\xd8\xff/, name: "a JPEG picture", read: "picture" },
  { begins: /^RIFF[^]{4}WEBP/, name: "a WebP picture", read: "picture" },
  { begins: /^GIF8/, name: "a GIF picture", read: "picture" },
  { begins: /^[^]{4}ftypavi/, name: "an AVIF picture", read: "picture" },
  { begins: /^\x93NUMPY/, name: "a NumPy array", read: "npy" },
  { begins: /^\s*[[{]/, name: "JSON", read: "json" },
  { begins: /^PK\x03\x04[^]{26}\S*\.npy/, name: "an .npz archive: unpack it and take one .npy of it" },
  { begins: /^PK\x03\x04/, name: "a ZIP archive" },
  { begins: /^%PDF/, name: "a PDF document" },
  { begins: /^\x89HDF/, name: "an HDF5 file (Keras’s weights are such)" },
  { begins: /^[^]{8}\{"/, name: "a safetensors file" },
  { begins: /^\x1f\x8b/, name: "a gzip file" },
  { begins: /^(II\*\0|MM\0\*)/, name: "a TIFF picture" },
  { begins: /^[^]{4}ftyp(hei|mif)/, name: "a HEIC picture" },
  { begins: /^version \S+git-lfs/, name: "a Git LFS pointer, not the file itself: run git lfs pull" },
];

/** Returns what a file is, by its first bytes and else by its type or ending; `read` is absent if this page cannot read it. */
async function kindOf(file) {
  const begin = String.fromCharCode(...new Uint8Array(await file.slice(0, 128).arrayBuffer()));
  const ending = /\.\w{1,8}$/.exec(file.name)?.[0];
  return fileKinds.find(({ begins }) => begins.test(begin))
    ?? { name: file.size === 0 ? "empty" : file.type ? `of type ${file.type}` : ending ? `a file that ends in ${ending}` : "of an unknown type" };
}

/** Reads a file as a tensor. `fit(width, height)` gives the size to which a picture is scaled, `channels` how many it is to have. */
async function tensorFromFile(file, { fit, channels }) {
  const kind = await kindOf(file);
  if (kind.read === "npy") return { tensor: tensorFromNpy(await file.arrayBuffer()), isPicture: false };
  if (kind.read === "json") return { tensor: tensorFromText(await file.text()), isPicture: false };
  if (kind.read === "picture") {
    const bitmap = await bitmapOf(file, kind.name);
    const [width, height] = fit(bitmap.width, bitmap.height);
    const scaled = width === bitmap.width && height === bitmap.height ? "" : `, scaled to ${width} × ${height}`;
    return { tensor: tensorFromPicture(bitmap, width, height, channels), isPicture: true, note: `${file.name}, ${bitmap.width} × ${bitmap.height}${scaled}` };
  }
  throw new Error(`${file.name} is ${kind.name}. This page reads PNG, JPEG, WebP, .npy and JSON.`);
}

async function bitmapOf(file, name) {
  try { return await createImageBitmap(file); } catch { throw new Error(`${file.name} begins as ${name}, but the browser cannot decode it.`); }
}

/** Returns a picture as [1, height, width, channels] with values from 0 to 1. Without `channels`, a grey picture has 1, any other 3. */
function tensorFromPicture(source, width, height, channels = null) {
  const canvas = element("canvas", { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  // Transparent parts are white, as on paper.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const isGrey = () => { for (let at = 0; at < data.length; at += 4) if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return false; return true; };
  const depth = channels ?? (isGrey() ? 1 : 3);
  return Tensor.filled([1, height, width, depth], (index) => {
    const at = Math.floor(index / depth) * 4;
    // Grey by the weights of Rec. 709.
    if (depth === 1) return (0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2]) / 255;
    return data[at + (index % depth)] / 255;
  });
}

/** Scales down until no side is longer than `side`. */
const within = (side) => (width, height) => {
  const scale = Math.min(1, side / Math.max(width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
};

/** Where files can be dropped, innermost first; a file that falls elsewhere goes to `dropping.elsewhere`. */
const dropping = {
  targets: new WeakMap(),
  elsewhere: null,

  /** Takes files that are dropped on `target`; `name` says what they are taken as. */
  accept(target, name, take) {
    target.dataset.drop = name;
    dropping.targets.set(target, take);
  },

  start() {
    const targetOf = (event) => (event.target instanceof Element && event.target.closest("[data-drop]")) || dropping.elsewhere;
    const mark = (target) => { for (const marked of document.querySelectorAll("[data-drop]")) marked.classList.toggle("dropping", marked === target); };
    window.addEventListener("dragover", (event) => { event.preventDefault(); mark(targetOf(event)); });
    window.addEventListener("dragleave", (event) => { if (!event.relatedTarget) mark(null); });
    window.addEventListener("drop", (event) => {
      event.preventDefault();
      mark(null);
      const [file] = event.dataTransfer.files;
      if (file) dropping.targets.get(targetOf(event))?.(file);
    });
  },
};
