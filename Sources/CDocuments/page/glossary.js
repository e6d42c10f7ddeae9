/** The words of this page that not everybody knows, each with a gloss that mouse, touch and keyboard can open. */
const glossary = {
  words: {
    kernel: "The filter’s height and width in pixels. Each input pixel stamps one kernel-sized copy of the filter into the output.",
    stride: "How many output pixels apart neighbouring copies are stamped. Stride 2 doubles height and width.",
    padding: "Which border is cropped. SAME leaves input × stride pixels, VALID leaves all that a copy reaches.",
    phase: "All output pixels whose position leaves the same remainder when divided by the stride. They see the same taps of the filter.",
    tap: "One place of the filter, with its weight.",
    gain: "What a phase makes of an image of ones: the sum of its taps. Equal gains mean no checkerboard.",
    checkerboard: "A regular pattern, as fine as the stride, that is not in the picture: some pixels collect more copies than their neighbours.",
    dilation: "The distance between the filter’s taps in pixels. At 2 it skips every other pixel and reaches twice as far.",
    groups: "The channels are split into so many groups, and each is convolved with filters of its own.",
    "output padding": "Rows and columns added at the end, to choose among the output sizes that one stride allows.",
    "NHWC and NCHW": "The order of a tensor’s axes: batch (N), height, width, channels, as in TensorFlow and Keras; or with the channels before height and width, as in PyTorch and ONNX.",
    filters: "The layer’s weights. Glorot: random and scaled, as Keras begins a layer. ICNR: random, but the same for every phase. Bilinear: a tent that interpolates.",
  },

  start() {
    byId("glossary-list").append(...Object.entries(glossary.words).flatMap(([word, text]) => [element("dt", {}, word), element("dd", {}, text)]));
    glossary.attach(document);
    const gloss = byId("gloss");
    gloss.addEventListener("toggle", (event) => {
      glossary.source?.setAttribute("aria-expanded", String(event.newState === "open"));
      if (event.newState === "closed") glossary.source = null;
    });
  },

  /** Makes every `[data-term]` of `root` a button that opens its gloss. */
  attach(root) {
    for (const button of root.querySelectorAll("[data-term]")) {
      button.setAttribute("aria-expanded", "false");
      button.setAttribute("aria-controls", "gloss");
      button.addEventListener("click", () => glossary.open(button));
    }
  },

  /** A small button beside a name. */
  hint: (word) => element("button", { type: "button", class: "hint", "data-term": word, "aria-label": `What is “${word}”?` }, "?"),

  open(button) {
    const gloss = byId("gloss");
    if (!gloss.showPopover) { byId("glossary").open = true; return; }
    const isAgain = glossary.source === button;
    if (glossary.source) gloss.hidePopover();
    if (isAgain) return;
    const word = button.dataset.term;
    gloss.replaceChildren(element("b", {}, word[0].toUpperCase() + word.slice(1)), element("span", {}, glossary.words[word]));
    gloss.showPopover();
    glossary.source = button;
    const [from, box] = [button.getBoundingClientRect(), gloss.getBoundingClientRect()];
    const isBelow = from.bottom + box.height + 16 < innerHeight;
    gloss.style.left = `${scrollX + Math.max(8, Math.min(from.left, document.documentElement.clientWidth - box.width - 8))}px`;
    gloss.style.top = `${scrollY + (isBelow ? from.bottom + 6 : Math.max(8, from.top - box.height - 6))}px`;
  },
};
