/** The checkerboard in a photo: each channel upsampled by one even kernel, with sliders until the pattern vanishes. */
const photo = {
  /** The output's longest side: whole in pixels for each stride up to 4. */
  side: 168,
  source: null,
  shown: null,

  start() {
    photo.source = landscape(336);
    for (const id of ["photo-kernel", "photo-stride"]) byId(id).addEventListener("input", () => photo.changed());
    const chooser = byId("photo-file");
    chooser.addEventListener("change", () => { if (chooser.files[0]) photo.take(chooser.files[0]); chooser.value = ""; });
    byId("photo-choose").addEventListener("click", () => chooser.click());
    dropping.accept(byId("photo"), "photo", photo.take);
    new ResizeObserver(() => photo.show()).observe(byId("photo-output").parentElement);
    photo.label();
    server.whenServing(() => photo.compute());
  },

  async take(file) {
    try {
      const kind = await kindOf(file);
      if (kind.read !== "picture") throw new Error(`${file.name} is ${kind.name}, not a PNG, JPEG or WebP picture.`);
      photo.source = await bitmapOf(file, kind.name);
      photo.name = file.name;
      markField(byId("photo-choose"), null);
      photo.compute();
    } catch (error) {
      markField(byId("photo-choose"), error.message);
    }
  },

  get settings() { return { kernel: Number(byId("photo-kernel").value), stride: Number(byId("photo-stride").value) }; },

  changed() {
    photo.label();
    clearTimeout(photo.timer);
    photo.timer = setTimeout(() => photo.compute(), 60);
  },

  label() {
    const { kernel, stride } = photo.settings;
    byId("photo-kernel-value").textContent = `${kernel} × ${kernel}`;
    byId("photo-stride-value").textContent = String(stride);
  },

  async compute() {
    const { kernel, stride } = photo.settings;
    photo.abort?.abort();
    const abort = (photo.abort = new AbortController());
    byId("photo-output").setAttribute("aria-busy", "true");
    const [width, height] = within(Math.floor(photo.side / stride))(photo.source.width, photo.source.height);
    const picture = tensorFromPicture(photo.source, width, height, 3);
    // The weights add up to the stride's square, so that the picture keeps its brightness.
    const weight = (stride / kernel) ** 2;
    const options = { strides: stride, padding: "SAME" };
    const probe = Math.ceil(kernel / stride) * 2 + 4;
    try {
      const [drawn, measured] = await Promise.all([
        convolve(picture, perChannel(kernel, 3, weight), { ...options, groups: 3 }, abort.signal),
        convolve(inputMakers.ones([1, probe, probe, 1]), perChannel(kernel, 1, weight), options, abort.signal),
      ]);
      photo.shown = { kernel, stride, picture, output: drawn.output, ...checkerboard(measured.output, stride, kernel, 0) };
      byId("photo-fault").textContent = "";
      photo.show();
    } catch (error) {
      if (error.name === "AbortError" || error instanceof ServerAway) return;
      byId("photo-fault").textContent = `The server says: ${error.message}.`;
    } finally {
      if (photo.abort === abort) byId("photo-output").setAttribute("aria-busy", "false");
    }
  },

  show() {
    if (!photo.shown) return;
    const { kernel, stride, picture, output, unevenness } = photo.shown;
    const room = byId("photo-output").parentElement.clientWidth;
    drawPicture(byId("photo-output"), output, [0, 1], Math.min(504, room));
    drawPicture(byId("photo-input"), picture, [0, 1], 168);
    const isEven = unevenness < 0.0005;
    byId("photo-score").textContent = percent(unevenness);
    byId("photo-score").className = isEven ? "good" : "bad";
    const copies = new Axis(64, kernel, stride, "SAME");
    const counts = Array.from({ length: stride }, (_, phase) => copies.taps(phase));
    const [least, most] = [Math.min(...counts) ** 2, Math.max(...counts) ** 2];
    byId("photo-sentence").textContent = stride === 1 ? "At stride 1 nothing is upsampled: there is no checkerboard."
      : isEven ? `${kernel} = ${kernel / stride} × ${stride}: each pixel collects ${plural(most, "copy", "copies")}, and the pattern is gone.${kernel > stride ? "" : " Each copy stands by itself."}`
      : least === 0 ? `The kernel is smaller than the stride: some pixels collect no copy and stay black.`
      : `${kernel} is not a multiple of ${stride}: some pixels collect ${plural(least, "copy", "copies")}, others ${most}. That is the pattern.`;
    byId("photo-output").setAttribute("aria-label", `${photo.name ?? "A landscape"}, upsampled by ${stride} with a ${kernel} by ${kernel} kernel: ${percent(unevenness)} uneven`);
    byId("photo-size").textContent = `${picture.shape[2]} × ${picture.shape[1]} in, ${output.shape[2]} × ${output.shape[1]} out`;
  },
};

/** Draws an image of 1 or 3 channels at most `room` CSS pixels wide, each number as a square of whole device pixels. */
function drawPicture(canvas, tensor, [from, to], room, image = 0) {
  const [, height, width, channels] = tensor.shape;
  const small = new ImageData(width, height);
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at += 4) {
      for (let color = 0; color < 3; color++) {
        small.data[at + color] = Math.round(255 * (tensor.at(image, row, column, channels === 3 ? color : 0) - from) / (to - from || 1));
      }
      small.data[at + 3] = 255;
    }
  }
  const ratio = window.devicePixelRatio || 1;
  const side = Math.max(1, Math.floor((room * ratio) / Math.max(width, height)));
  const copy = element("canvas", { width, height });
  copy.getContext("2d").putImageData(small, 0, 0);
  [canvas.width, canvas.height] = [width * side, height * side];
  canvas.style.width = `${canvas.width / ratio}px`;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(copy, 0, 0, canvas.width, canvas.height);
}

/** A picture made by formula: sky, sun, hills and a lake, smooth enough that any pattern in it is the layer's. */
function landscape(side) {
  const canvas = element("canvas", { width: side, height: side });
  const context = canvas.getContext("2d");
  const gradient = (make, stops) => {
    stops.forEach(([at, color]) => make.addColorStop(at, color));
    return make;
  };
  context.fillStyle = gradient(context.createLinearGradient(0, 0, 0, side * 0.65), [[0, "#2d4f8e"], [0.55, "#d98a6a"], [1, "#f7d9a0"]]);
  context.fillRect(0, 0, side, side);
  context.fillStyle = gradient(context.createRadialGradient(side * 0.68, side * 0.42, side * 0.05, side * 0.68, side * 0.42, side * 0.3), [[0, "#fff3d0"], [0.25, "#ffdf9acc"], [1, "#ffdf9a00"]]);
  context.fillRect(0, 0, side, side);
  [["#7b6d8d", 0.52, 0.09, 2.1], ["#4f5a78", 0.6, 0.07, 3.7], ["#2f4257", 0.68, 0.05, 5.3]].forEach(([color, level, swing, waves], index) => {
    context.fillStyle = color;
    context.beginPath();
    context.moveTo(0, side);
    for (let x = 0; x <= side; x++) {
      const at = (x / side) * waves + index * 1.7;
      context.lineTo(x, side * (level - swing * (Math.sin(at * 2) * 0.6 + Math.sin(at * 4.3) * 0.4)));
    }
    context.lineTo(side, side);
    context.fill();
  });
  context.fillStyle = gradient(context.createLinearGradient(0, side * 0.76, 0, side), [[0, "#c99a83"], [0.4, "#6f6f8c"], [1, "#26385a"]]);
  context.fillRect(0, side * 0.76, side, side * 0.24);
  return canvas;
}
