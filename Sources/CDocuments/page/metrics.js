/** Reads Prometheus' text format: samples as { name, labels, value }. */
function readMetrics(text) {
  const samples = [];
  for (const line of text.split("\n")) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/.exec(line);
    if (!match) continue;
    const labels = {};
    for (const [, name, value] of (match[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[name] = value;
    samples.push({ name: match[1], labels, value: match[3] === "+Inf" ? Infinity : Number(match[3]) });
  }
  return samples;
}

/** The figures of one moment; requests for the metrics and for health, which this page makes itself, are left out. */
function momentOf(samples) {
  const isOwn = ({ labels }) => /metrics|health/.test(labels.route ?? "");
  const sum = (name) => samples.filter((sample) => sample.name === name && !isOwn(sample)).reduce((total, sample) => total + sample.value, 0);
  const buckets = new Map();
  for (const sample of samples) {
    if (sample.name !== "upconv_http_request_duration_seconds_bucket" || isOwn(sample)) continue;
    const bound = sample.labels.le === "+Inf" ? Infinity : Number(sample.labels.le);
    buckets.set(bound, (buckets.get(bound) ?? 0) + sample.value);
  }
  return { at: performance.now(), requests: sum("upconv_http_requests_total"), queue: sum("upconv_queue_depth"), buckets };
}

/** A quantile in seconds of what was counted between two moments, by interpolation in its bucket; null without requests. */
function quantile(share, earlier, later) {
  const bounds = [...later.buckets.keys()].sort((a, b) => a - b);
  const counts = bounds.map((bound) => later.buckets.get(bound) - (earlier.buckets.get(bound) ?? 0));
  const total = counts.at(-1) ?? 0;
  if (!(total > 0)) return null;
  const rank = share * total;
  const index = counts.findIndex((count) => count >= rank);
  const [from, below] = index > 0 ? [bounds[index - 1], counts[index - 1]] : [0, 0];
  if (bounds[index] === Infinity) return from;
  return from + (bounds[index] - from) * ((rank - below) / Math.max(1e-12, counts[index] - below));
}

const metrics = {
  moments: [],
  kept: 120,
  /** Seconds over which latencies are taken. */
  window: 15,

  plots: [
    { id: "rate", title: "Requests per second", unit: "/s", value: (moments, index) => index === 0 ? null
      : Math.max(0, (moments[index].requests - moments[index - 1].requests) / ((moments[index].at - moments[index - 1].at) / 1000)) },
    { id: "p50", title: "Median latency", unit: "ms", value: (moments, index) => metrics.latency(0.5, moments, index) },
    { id: "p99", title: "99th percentile", unit: "ms", value: (moments, index) => metrics.latency(0.99, moments, index) },
    { id: "queue", title: "Waiting in the queue", unit: "", value: (moments, index) => moments[index].queue },
  ],

  latency(share, moments, index) {
    let from = index;
    while (from > 0 && moments[index].at - moments[from].at < metrics.window * 1000) from -= 1;
    const seconds = from === index ? null : quantile(share, moments[from], moments[index]);
    return seconds === null ? null : seconds * 1000;
  },

  start(isOffered) {
    const holder = byId("metric-plots");
    clearInterval(metrics.timer);
    metrics.moments = [];
    if (!isOffered) {
      holder.replaceChildren(element("p", { class: "note" }, "This server has no /metrics."));
      return;
    }
    holder.replaceChildren(element("div", { class: "plots" }, ...metrics.plots.map((plot) =>
      element("div", { class: "plot" }, element("h3", {}, plot.title), element("div", { class: "now", id: `now-${plot.id}` }, "–"),
        element("canvas", { id: `plot-${plot.id}`, role: "img", "aria-label": `${plot.title}, the last minutes` })))),
      element("p", { class: "note" }, `From `, element("a", { href: "/metrics" }, "/metrics"), `, every second; latencies over ${metrics.window} seconds. Health checks and this reading are not counted.`));
    metrics.read();
    metrics.timer = setInterval(() => metrics.read(), 1000);
  },

  async read() {
    if (document.visibilityState !== "visible" || server.state === "away" || metrics.isReading) return;
    metrics.isReading = true;
    try {
      const response = await server.request("/metrics");
      const moment = momentOf(readMetrics(await response.text()));
      // A counter that fell is another process's.
      if (metrics.moments.length && moment.requests < metrics.moments.at(-1).requests) metrics.moments = [];
      metrics.moments = [...metrics.moments, moment].slice(-metrics.kept);
      metrics.show();
    } catch (error) {
      // It will be refused again: `start` goes on once there is another token.
      if (error instanceof Refused) clearInterval(metrics.timer);
      if (!(error instanceof ServerAway)) byId("metric-plots").replaceChildren(element("p", { class: "note" }, `/metrics cannot be read: ${error.message}.`));
    } finally { metrics.isReading = false; }
  },

  show() {
    if (metrics.moments.length === 0) return;
    for (const plot of metrics.plots) {
      const values = metrics.moments.map((_, index) => plot.value(metrics.moments, index));
      const now = values.at(-1);
      byId(`now-${plot.id}`).replaceChildren(now === null || now === undefined ? "–" : formatted(now, 3), " ", element("small", {}, now === null ? "" : plot.unit));
      drawLine(byId(`plot-${plot.id}`), values, metrics.kept);
    }
  },
};

/** Values as a line from the left, the newest at the right; zero is the foot. */
function drawLine(canvas, values, room) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (!width) return;
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const style = getComputedStyle(document.documentElement);
  context.strokeStyle = style.getPropertyValue("--line").trim();
  context.beginPath();
  context.moveTo(0, height - 0.5);
  context.lineTo(width, height - 0.5);
  context.stroke();
  const known = values.filter((value) => value !== null);
  const most = Math.max(...known, 1e-9);
  const x = (index) => width - 3 - ((values.length - 1 - index) * (width - 6)) / (room - 1);
  const y = (value) => height - 2 - (value / most) * (height - 8);
  context.strokeStyle = style.getPropertyValue("--accent").trim();
  context.fillStyle = context.strokeStyle;
  context.lineWidth = 1.75;
  context.lineJoin = "round";
  context.beginPath();
  let isDown = false;
  values.forEach((value, index) => {
    if (value === null) { isDown = false; return; }
    if (isDown) context.lineTo(x(index), y(value)); else context.moveTo(x(index), y(value));
    isDown = true;
  });
  context.stroke();
  if (values.length && values.at(-1) !== null) {
    context.beginPath();
    context.arc(x(values.length - 1), y(values.at(-1)), 2.5, 0, 7);
    context.fill();
  }
}
