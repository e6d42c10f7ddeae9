// The playground's layer as code that runs as it stands.

/** More numbers than this are not written into code. */
const maxNumbersInCode = 20000;

function pythonList(tensor) {
  const nest = (axis, from, size) => {
    if (axis === tensor.shape.length) return shortest(tensor.data[from]);
    const step = size / tensor.shape[axis];
    return `[${Array.from({ length: tensor.shape[axis] }, (_, index) => nest(axis + 1, from + index * step, step)).join(", ")}]`;
  };
  return nest(0, 0, tensor.count);
}

/** A NumPy expression for a tensor. */
function numpyText(tensor) {
  const shape = `(${tensor.shape.join(", ")})`;
  const [first] = tensor.data;
  if (tensor.data.every((value) => value === first)) {
    return first === 1 ? `np.ones(${shape}, "float32")` : `np.full(${shape}, ${shortest(first)}, "float32")`;
  }
  return `np.array(${pythonList(tensor)}, "float32")`;
}

const snippets = [
  {
    id: "curl", title: "curl", note: "Accept: image/png instead gives a picture, application/x-npy a NumPy file.",
    text: ({ input, filters, settings }) =>
      `curl -s ${location.origin}/v1/conv2d_transpose -d '{"input":${input.json},"filters":${filters.json},"strides":${settings.stride},"padding":"${settings.padding}"}'`,
  },
  {
    id: "triton", title: "Python (tritonclient)", note: "pip install 'tritonclient[http]' safetensors. Serve the folder with: upconv serve --models models --model-control-mode explicit --allow-admin",
    text: ({ input, filters, output, settings }) => `import json, pathlib
import numpy as np
import tritonclient.http as triton
from safetensors.numpy import save_file

x = ${numpyText(input)}
w = ${numpyText(filters)}

# The layer as a model of Keras, in the folder that the server serves.
folder = pathlib.Path("models/playground/1")
folder.mkdir(parents=True, exist_ok=True)
layer = {"name": "y", "filters": ${filters.shape[2]}, "kernel_size": [${filters.shape[0]}, ${filters.shape[1]}], "strides": [${settings.stride}, ${settings.stride}],
         "padding": "${settings.padding.toLowerCase()}", "use_bias": False}
model = {"class_name": "Sequential", "config": {"name": "playground", "layers": [
    {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, ${input.shape.slice(1).join(", ")}]}},
    {"class_name": "Conv2DTranspose", "config": layer}]}}
(folder / "model.json").write_text(json.dumps(model))
save_file({"y/kernel": w}, folder / "weights.safetensors")

client = triton.InferenceServerClient("${location.host}")
client.load_model("playground")
image = triton.InferInput("x", x.shape, "FP32")
image.set_data_from_numpy(x)
y = client.infer("playground", [image]).as_numpy("y")
print(y.shape)  # (${output.shape.join(", ")})
print(y[0, :, :, 0])
`,
  },
  {
    id: "tensorflow", title: "TensorFlow", note: "What the numbers are tested against.",
    text: ({ input, filters, output, settings }) => `import numpy as np
import tensorflow as tf

x = ${numpyText(input)}
w = ${numpyText(filters)}
y = tf.nn.conv2d_transpose(x, w, output_shape=[${output.shape.join(", ")}], strides=${settings.stride}, padding="${settings.padding}").numpy()
print(y.shape)
print(y[0, :, :, 0])
`,
  },
  {
    id: "pytorch", title: "PyTorch", note: "PyTorch crops both sides alike; what SAME crops more at the end is cut off afterwards.",
    text: ({ input, filters, output, layer }) => {
      const added = [layer.rows, layer.columns].map((axis) => Math.max(0, axis.output - ((axis.input - 1) * axis.stride + axis.kernel - 2 * axis.before)));
      return `import numpy as np
import torch

x = ${numpyText(input)}
w = ${numpyText(filters)}
y = torch.nn.functional.conv_transpose2d(
    torch.from_numpy(x).permute(0, 3, 1, 2), torch.from_numpy(w).permute(3, 2, 0, 1), stride=${layer.stride},
    padding=(${layer.rows.before}, ${layer.columns.before}), output_padding=(${added.join(", ")}))[:, :, :${output.shape[1]}, :${output.shape[2]}]
y = y.permute(0, 2, 3, 1).numpy()
print(y.shape)
print(y[0, :, :, 0])
`;
    },
  },
];

const codePanel = {
  chosen: snippets[0],

  start() {
    const tabs = byId("tabs");
    tabs.replaceChildren(...snippets.map((snippet) =>
      element("button", { type: "button", role: "tab", id: `tab-${snippet.id}`, "aria-controls": "code-panel", onclick: () => codePanel.choose(snippet) }, snippet.title)));
    tabs.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      const next = snippets[(snippets.indexOf(codePanel.chosen) + by + snippets.length) % snippets.length];
      codePanel.choose(next);
      byId(`tab-${next.id}`).focus();
    });
    byId("copy").addEventListener("click", () => codePanel.copy());
    playground.listeners.add(() => codePanel.show());
    codePanel.choose(snippets[0]);
  },

  choose(snippet) {
    codePanel.chosen = snippet;
    for (const other of snippets) {
      const tab = byId(`tab-${other.id}`);
      tab.setAttribute("aria-selected", String(other === snippet));
      tab.tabIndex = other === snippet ? 0 : -1;
    }
    byId("code-panel").setAttribute("aria-labelledby", `tab-${snippet.id}`);
    codePanel.show();
  },

  show() {
    const { result } = playground;
    byId("code-note").textContent = codePanel.chosen.note;
    if (!result) return;
    const numbers = result.input.count + result.filters.count;
    const isHeld = numbers <= maxNumbersInCode;
    byId("copy").hidden = !isHeld;
    byId("code-text").textContent = isHeld
      ? codePanel.chosen.text(result)
      : `The tensors have ${numbers} numbers: too many to write into code. Choose fewer channels or a smaller input.`;
  },

  async copy() {
    const text = byId("code-text").textContent;
    const button = byId("copy");
    let isCopied = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without a secure origin there is no clipboard; a selection can still be copied.
      const selection = getSelection();
      selection.selectAllChildren(byId("code-text"));
      isCopied = document.execCommand("copy");
    }
    button.textContent = isCopied ? "Copied" : "Press Ctrl C";
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  },
};
