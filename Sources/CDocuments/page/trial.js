// Something to try for each operation of the reference: a line for curl, and a button that sends the same request.

/** More numbers than this are not written into a sample. */
const maxNumbersInSample = 4096;

/** Returns a model for samples: the one with the smallest input. */
function sampleModel() {
  const sized = models.ready.map((model) => {
    const shape = model.about.inputs[0].shape.map((length, axis) => (length === -1 ? (axis === 0 ? 1 : 8) : length));
    return { ...model, shape, count: shape.reduce((product, length) => product * length, 1) };
  });
  return sized.sort((a, b) => a.count - b.count)[0];
}

/** Returns the request that tries an operation: target, content and the kinds of answer; `hindrance` says why it cannot be sent. */
function sampleRequest(path, method, item) {
  const operation = item[method];
  const model = sampleModel();
  const examples = Object.fromEntries([...(item.parameters ?? []), ...(operation.parameters ?? [])].map(reference.resolved)
    .filter((parameter) => parameter.in === "path").map(({ name, example }) => [name, example]));
  if (model) Object.assign(examples, { model: model.entry.name, version: model.entry.version || 1 });
  const target = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(examples[name] ?? name));
  const success = Object.entries(operation.responses ?? {}).find(([status]) => status.startsWith("2"))?.[1];
  const kinds = Object.keys(reference.resolved(success).content ?? {});
  const request = { method: method.toUpperCase(), target, body: null, kinds, hindrance: null };
  if (path.includes("{model}") && !model) request.hindrance = "This server has no model that is ready.";
  if (/\/(un)?load$/.test(path)) request.hindrance = "This changes what all clients are served, so there is only the line.";
  if (method !== "post") return request;
  const [example] = Object.values(reference.resolved(operation.requestBody).content?.["application/json"]?.examples ?? {});
  request.body = JSON.stringify(reference.resolved(example).value ?? {});
  if (model && /infer$|predict$/.test(path)) {
    if (model.count > maxNumbersInSample) {
      return { ...request, body: "@request.json", hindrance: `The smallest input here has ${model.count} numbers: too many to write out.` };
    }
    const ones = Tensor.filled(model.shape, () => 1);
    request.body = path.endsWith("infer")
      ? JSON.stringify({ inputs: [{ name: model.about.inputs[0].name, datatype: "FP32", shape: model.shape, data: Array.from(ones.data) }] })
      : `{"inputs":${pythonList(ones).replaceAll(" ", "")}}`;
  }
  return request;
}

/** The request as a line for a shell; a token is named, not shown. */
function curlLine({ method, target, body }, kind) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  return ["curl -s", quoted(location.origin + target),
    kind ? `-H ${quoted(`Accept: ${kind}`)}` : "",
    credentials.token ? '-H "Authorization: Bearer $TOKEN"' : "",
    body !== null ? `-H 'Content-Type: application/json' --data-binary ${quoted(body)}` : method === "POST" ? "-X POST" : "",
    kind && !/json|yaml|text/.test(kind) ? `-o answer${kind === "image/png" ? ".png" : kind === "application/x-npy" ? ".npy" : ""}` : "",
  ].filter(Boolean).join(" ");
}

/** Fills `holder` with the line and the button. */
function showTrial(holder, path, method, item) {
  const request = sampleRequest(path, method, item);
  const id = `trial-${method}${path.replace(/[^a-z0-9]+/gi, "-")}`;
  const kinds = element("select", { id, oninput: () => { line.textContent = curlLine(request, kinds.value); } }, ...request.kinds.map((kind) => element("option", {}, kind)));
  const kindOf = () => (request.kinds.length > 1 ? kinds.value : null);
  const line = element("code", {}, curlLine(request, kindOf()));
  const answer = element("div", { class: "answer", "aria-live": "polite" });
  const button = element("button", { type: "button", class: "primary", onclick: () => tryRequest(request, kindOf(), answer, button) }, "Try it");
  holder.replaceChildren(element("h3", {}, "Try"), element("pre", { tabindex: "0", "aria-label": "A line for curl" }, line),
    element("div", { class: "trial-actions" },
      request.hindrance ? element("p", { class: "note" }, request.hindrance) : button,
      request.hindrance || request.kinds.length < 2 ? null : element("div", { class: "field inline" }, element("label", { for: id }, "as"), kinds)),
    answer);
}

async function tryRequest({ method, target, body }, kind, answer, button) {
  button.disabled = true;
  answer.replaceChildren(element("p", { class: "note" }, "Waiting for the answer …"));
  const begun = performance.now();
  try {
    const response = await server.send(target, { method, body, headers: { ...(body === null ? {} : { "Content-Type": "application/json" }), ...(kind ? { Accept: kind } : {}) } });
    const content = await response.blob();
    const type = (response.headers.get("Content-Type") ?? "").split(";")[0];
    const isGood = response.ok;
    answer.replaceChildren(
      element("p", {}, element("b", { class: isGood ? "good" : "bad" }, String(response.status)), ` ${type || "no content"}, ${formatted(content.size, 4)} bytes in ${formatted(performance.now() - begun, 3)} ms`),
      await answerContent(type, content));
    if (response.status === 401) credentials.ask("This operation needs a token.");
  } catch (error) {
    answer.replaceChildren(element("p", { class: "fault" }, error.message));
  } finally {
    button.disabled = false;
  }
}

async function answerContent(type, content) {
  if (type === "image/png") {
    const image = element("img", { alt: "The answer, drawn by the server", onload: () => URL.revokeObjectURL(image.src) });
    image.src = URL.createObjectURL(content);
    return image;
  }
  if (!/json|yaml|text/.test(type)) return content.size ? element("p", { class: "note" }, "Bytes, which this page does not show.") : "";
  const text = await content.text();
  return element("pre", { tabindex: "0", "aria-label": "The answer" }, text.length > 4000 ? `${text.slice(0, 4000)} … ${text.length - 4000} more` : text);
}
