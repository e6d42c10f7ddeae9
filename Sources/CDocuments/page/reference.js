/** Draws the reference from the OpenAPI document that the server describes itself with. */
const reference = {
  async load() {
    const holder = byId("reference-body");
    try {
      const document = await (await server.request("/openapi.json")).json();
      reference.document = document;
      reference.show(document);
      return document;
    } catch (error) {
      if (error instanceof ServerAway) return null;
      holder.replaceChildren(element("p", { class: "fault" }, `The reference cannot be drawn: ${error.message}. `, element("a", { href: "/openapi.yaml" }, "Read openapi.yaml itself.")));
      return null;
    }
  },

  show(document) {
    const operations = Object.entries(document.paths).flatMap(([path, item]) =>
      ["get", "post", "put", "patch", "delete"].filter((method) => item[method]).map((method) => ({ path, method, item, tag: item[method].tags?.[0] ?? "Other" })));
    const named = document.tags ?? [];
    const tags = [...new Set([...named.map(({ name }) => name), ...operations.map(({ tag }) => tag)])];
    const groups = tags.map((tag) => {
      const ours = operations.filter((operation) => operation.tag === tag);
      return ours.length === 0 ? null : element("details", { class: "group" },
        element("summary", {}, element("h3", {}, tag), element("span", { class: "gist" }, `${plural(ours.length, "operation")}. ${named.find(({ name }) => name === tag)?.description ?? ""}`)),
        ...ours.map(({ path, method, item }) => reference.operation(path, method, item)));
    }).filter(Boolean);
    groups[0].open = true;
    const search = element("input", { type: "search", id: "reference-search", autocomplete: "off", spellcheck: "false", placeholder: "infer, health, image/png …", oninput: () => reference.find(search.value) });
    byId("reference-body").replaceChildren(
      element("p", {}, `${document.info.title} ${document.info.version}: `, element("a", { href: "/openapi.yaml" }, "openapi.yaml"), ", as this server has it. Each operation has a line for curl; most can be tried here."),
      element("div", { class: "field search" }, element("label", { for: "reference-search" }, "Find an operation"), search),
      element("p", { class: "note", id: "reference-found", role: "status" }),
      ...groups,
      element("details", { class: "operation about" }, element("summary", {}, "All about the operation, other libraries, limits and errors"),
        element("div", { class: "prose" }, ...prose(document.info.description ?? ""))));
  },

  /** Shows the operations that have all words of `text` in them. */
  find(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const group of document.querySelectorAll("#reference-body .group")) {
      let isIn = false;
      for (const operation of group.querySelectorAll(".operation")) {
        const content = operation.textContent.toLowerCase();
        operation.hidden = !words.every((word) => content.includes(word));
        if (!operation.hidden) { isIn = true; found += 1; }
      }
      group.hidden = !isIn;
      if (words.length) group.open = isIn;
    }
    byId("reference-found").textContent = words.length ? (found ? plural(found, "operation") : `No operation mentions “${text}”.`) : "";
  },

  /** What a `$ref` within the document stands for. */
  resolved(node) {
    if (!node?.$ref) return node ?? {};
    return node.$ref.replace(/^#\//, "").split("/").reduce((found, key) => found?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], reference.document) ?? {};
  },

  operation(path, method, item) {
    const operation = item[method];
    const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(reference.resolved);
    const body = reference.resolved(operation.requestBody);
    const trial = element("div", { class: "trial" });
    const made = element("details", { class: "operation", ontoggle: () => { if (made.open) showTrial(trial, path, method, item); } },
      element("summary", {}, element("span", { class: "method" }, method.toUpperCase()), element("code", {}, path), element("span", { class: "gist" }, operation.summary ?? "")),
      element("div", { class: "operation-body" },
        ...prose(operation.description ?? ""), trial,
        ...(parameters.length ? [element("h3", {}, "Parameters"), reference.table(["name", "in", "what"], parameters.map((parameter) =>
          [element("span", { class: "named" }, element("code", {}, parameter.name), reference.hint(parameter.name)), parameter.in, element("div", {}, ...prose(parameter.description ?? ""))]))] : []),
        ...(body.content ? [element("h3", {}, "Content"), ...Object.entries(body.content).map(([type, media]) => reference.media(type, media))] : []),
        element("h3", {}, "Answers"),
        reference.table(["status", "what", "as"], Object.entries(operation.responses ?? {}).map(([status, response]) => {
          const answer = reference.resolved(response);
          return [element("code", {}, status), element("div", {}, ...prose(answer.description ?? "")), Object.keys(answer.content ?? {}).join(", ")];
        }))));
    glossary.attach(made);
    return made;
  },

  /** The gloss of a parameter that is named after a word of the glossary. */
  hint(name) {
    const word = { strides: "stride", padding: "padding", dilations: "dilation", groups: "groups", output_padding: "output padding", data_format: "NHWC and NCHW" }[name];
    return word && glossary.hint(word);
  },

  media(type, media) {
    const description = reference.resolved(media.schema).description;
    const examples = Object.entries(media.examples ?? {});
    return element("div", {},
      element("p", {}, element("code", {}, type)), ...prose(description ?? ""),
      examples.length === 0 ? "" : element("div", { class: "examples" }, ...examples.map(([name, example]) =>
        element("details", {}, element("summary", {}, reference.resolved(example).summary ?? name), element("pre", {}, JSON.stringify(reference.resolved(example).value ?? null))))));
  },

  table(titles, rows) {
    return element("div", { class: "table-scroll" }, element("table", {},
      element("thead", {}, element("tr", {}, ...titles.map((title) => element("th", { scope: "col" }, title)))),
      element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, cell)))))));
  },
};

/** The Markdown that the descriptions are written in, as elements: paragraphs, headings, lists, tables, code. */
function prose(markdown) {
  const made = [];
  for (const piece of markdown.replace(/\n+$/, "").split(/\n{2,}/)) {
    const lines = piece.split("\n").filter((line) => line !== "");
    while (lines.length) {
      const [first] = lines;
      const take = (isPart) => { const taken = []; while (lines.length && isPart(lines[0])) taken.push(lines.shift()); return taken; };
      if (/^#+ /.test(first)) made.push(element("h3", {}, ...phrase(lines.shift().replace(/^#+ /, ""))));
      else if (/^ {4}/.test(first)) made.push(element("pre", {}, take((line) => /^ {4}/.test(line)).map((line) => line.slice(4)).join("\n")));
      else if (/^\|/.test(first)) {
        const [titles, , ...rows] = take((line) => /^\|/.test(line)).map((line) => line.replace(/^\||\|\s*$/g, "").split("|").map((cell) => cell.trim()));
        made.push(reference.table(titles, rows.map((row) => row.map((cell) => element("span", {}, ...phrase(cell))))));
      } else if (/^(-|\d+\.) /.test(first)) {
        const items = [];
        while (lines.length && /^(-|\d+\.) /.test(lines[0])) {
          const start = lines.shift().replace(/^(-|\d+\.) /, "");
          items.push([start, ...take((line) => /^ {2}/.test(line)).map((line) => line.trim())].join(" "));
        }
        made.push(element(/^-/.test(first) ? "ul" : "ol", {}, ...items.map((item) => element("li", {}, ...phrase(item)))));
      } else made.push(element("p", {}, ...phrase(take((line) => !/^(#+ | {4}|\||- )/.test(line)).join(" "))));
    }
  }
  return made;
}

/** Text with `code` and **bold** in it. */
function phrase(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) =>
    part.startsWith("`") ? element("code", {}, part.slice(1, -1)) : part.startsWith("**") ? element("b", {}, part.slice(2, -2)) : part);
}
