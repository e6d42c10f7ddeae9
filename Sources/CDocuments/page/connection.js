/** Nobody answers at this page's address. */
class ServerAway extends Error {}

/** The server said no, in a sentence. */
class Refused extends Error {
  constructor(status, sentence) { super(sentence); this.status = status; }
}

/** The one way to the server; it knows whether anybody is there, and tells who asked to be told. */
const server = {
  state: "connecting",
  awaySince: null,
  listeners: new Set(),
  timer: null,

  /** fetch with the token, but a server that is gone throws ServerAway. */
  async send(path, options = {}) {
    let response;
    try {
      response = await fetch(path, { cache: "no-store", ...options, headers: { ...options.headers, ...credentials.fields() } });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      server.become("away");
      throw new ServerAway("The server does not answer.");
    }
    server.become("serving");
    return response;
  },

  /** `send`, but a refusal throws its sentence. */
  async request(path, options = {}) {
    const response = await server.send(path, options);
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    if (response.status === 401) credentials.ask(credentials.token ? "This server does not know the token that was typed in here, or no longer." : "This server needs a token for what this page asks.", credentials.token !== null);
    throw new Refused(response.status, problem.detail ?? problem.error ?? `${response.status} ${response.statusText}`);
  },

  become(state) {
    if (state === server.state) return;
    const was = server.state;
    server.state = state;
    server.awaySince = state === "away" ? new Date() : null;
    byId("status").dataset.state = state;
    byId("status-text").textContent = state === "away" ? "not reachable" : "serving";
    const outage = byId("outage");
    outage.hidden = state !== "away";
    outage.textContent = state === "away"
      ? `The server at ${location.host} has not answered since ${server.awaySince.toLocaleTimeString()}. What you see is from before; this page goes on asking and will go on by itself.`
      : "";
    server.schedule();
    for (const listener of server.listeners) listener(state, was);
  },

  /** Looks from time to time whether it is still, or again, there. */
  schedule() {
    clearTimeout(server.timer);
    server.timer = setTimeout(async () => {
      if (document.visibilityState === "visible") await server.request("/v2/health/live").catch(() => {});
      server.schedule();
    }, server.state === "away" ? 1000 : 4000);
  },

  /** Does again what is done when a server has come back. */
  beginAgain() { for (const listener of server.listeners) listener("serving", "away"); },

  /** Calls `work` now, and again whenever the server has come back. */
  whenServing(work) {
    server.listeners.add((state, was) => { if (state === "serving" && was === "away") work(); });
    work();
  },
};

/** Computes a transposed convolution there: tensors in, tensor out, and how long it took. */
async function convolve(input, filters, options, signal) {
  const query = new URLSearchParams(Object.entries(options).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]));
  const begun = performance.now();
  // Bytes, not JSON: an output with infinities has a picture, too.
  const response = await server.request(`/v1/conv2d_transpose?${query}`, {
    method: "POST", body: safetensorsOf({ input, filters }), signal,
    headers: { "Content-Type": "application/vnd.safetensors", Accept: "application/octet-stream" },
  });
  return { output: tensorFromBytes(response, await response.arrayBuffer()), milliseconds: performance.now() - begun };
}

/** The tensor of an answer in bare bytes, whose shape stands in a header. */
const tensorFromBytes = (response, bytes) => new Tensor(response.headers.get("Upconv-Shape").split(",").map(Number), new Float32Array(bytes));
