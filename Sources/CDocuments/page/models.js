/** The models that the server has, and a form to try each. */
const models = {
  /** Those that can be run, with their metadata. */
  ready: [],

  async load() {
    const list = byId("model-list");
    models.ready = [];
    try {
      const { extensions } = await (await server.request("/v2")).json();
      if (!extensions.includes("model_repository")) {
        list.replaceChildren(element("p", { class: "note" }, "This server has no repository of models; it computes the operation alone."));
        return;
      }
      const index = await (await server.request("/v2/repository/index", { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } })).json();
      if (index.length === 0) {
        list.replaceChildren(element("p", { class: "note" }, "The repository is empty: start the server with --models FOLDER."));
        return;
      }
      const cards = await Promise.all(index.map((entry) => models.card(entry)));
      // Cards are ready in any order; the list has the index's.
      const place = ({ entry }) => index.indexOf(entry);
      models.ready.sort((a, b) => place(a) - place(b));
      list.replaceChildren(element("p", {}, "Run one by name, with the Open Inference Protocol that Triton’s and KServe’s clients speak."), ...cards);
    } catch (error) {
      if (error instanceof ServerAway) return;
      list.replaceChildren(element("p", { class: "fault" }, `The list of models cannot be read: ${error.message}.`));
    }
  },

  async card(entry) {
    const title = element("header", {}, element("h3", {}, entry.name),
      element("span", { class: entry.state === "READY" ? "badge" : "badge bad" }, (entry.state ?? "READY").toLowerCase()),
      entry.version ? element("span", { class: "note" }, `version ${entry.version}`) : null);
    if (entry.state && entry.state !== "READY") {
      return element("article", { class: "model" }, title, element("p", { class: "note" }, entry.reason ? `${entry.reason}` : "It is not loaded."));
    }
    const path = modelPath(entry);
    const about = await (await server.request(path)).json();
    models.ready.push({ entry, path, about });
    const signature = (tensor) => `${tensor.name} [${tensor.shape.map((length) => (length === -1 ? "·" : length)).join(", ")}]`;
    const card = element("article", { class: "model" }, title,
      element("div", { class: "signature" }, `${about.inputs.map(signature).join(", ")} → ${about.outputs.map(signature).join(", ")}`));
    new ModelForm(card, entry, path, about);
    return card;
  },
};

const modelPath = (entry) => `/v2/models/${encodeURIComponent(entry.name)}${entry.version ? `/versions/${entry.version}` : ""}`;
