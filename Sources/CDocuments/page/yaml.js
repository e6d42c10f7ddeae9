/**
 * Reads the YAML that openapi.yaml is written in: block mappings and sequences, flow collections over several lines,
 * plain and quoted scalars, literal blocks, comments, anchors and aliases. Throws where it meets anything else.
 */
function readYAML(text) {
  const lines = text.split("\n");
  const anchors = new Map();
  let at = 0;

  const indentOf = (line) => line.length - line.trimStart().length;
  const isBlank = (line) => /^\s*(#.*)?$/.test(line);
  const skipBlank = () => { while (at < lines.length && isBlank(lines[at])) at += 1; };
  const fail = (what) => { throw new Error(`openapi.yaml, line ${at + 1}: ${what}`); };

  /** A node that begins on a line of its own, at least `indent` deep. */
  function block(indent) {
    skipBlank();
    if (at >= lines.length || indentOf(lines[at]) < indent) return null;
    const depth = indentOf(lines[at]);
    if (/^\s*-( |$)/.test(lines[at])) return sequence(depth);
    if (keyOf(lines[at].slice(depth))) return mapping(depth);
    const first = lines[at].slice(depth);
    at += 1;
    return inline(first, depth - 1);
  }

  function sequence(depth) {
    const items = [];
    for (skipBlank(); at < lines.length && indentOf(lines[at]) === depth && /^\s*-( |$)/.test(lines[at]); skipBlank()) {
      const rest = lines[at].slice(depth + 1);
      const inner = rest.trimStart();
      if (inner === "" || inner.startsWith("#")) { at += 1; items.push(block(depth + 1)); continue; }
      // What follows the dash is a node as deep as it stands.
      const column = depth + 1 + (rest.length - inner.length);
      if (keyOf(inner)) { lines[at] = " ".repeat(column) + inner; items.push(mapping(column)); continue; }
      at += 1;
      items.push(inline(inner, depth));
    }
    return items;
  }

  function mapping(depth) {
    const object = {};
    for (skipBlank(); at < lines.length && indentOf(lines[at]) === depth; skipBlank()) {
      const found = keyOf(lines[at].slice(depth));
      if (!found) fail("this is no key");
      at += 1;
      object[found.key] = inline(found.rest, depth);
    }
    if (at < lines.length && indentOf(lines[at]) > depth) fail("this is indented more than its neighbours");
    return object;
  }

  /** `key:` at the start of a text, and what follows it. */
  function keyOf(line) {
    const match = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#"'{}[\],&*!|>%@`][^#]*?)\s*:(?=\s|$)\s*/.exec(line);
    return match && { key: String(scalarOf(match[1], true)), rest: line.slice(match[0].length) };
  }

  /** A value whose first line is `first`; it belongs to a key or dash that stands `depth` deep. */
  function inline(first, depth) {
    const anchor = /^&(\S+)\s*/.exec(first);
    if (anchor) {
      const value = inline(first.slice(anchor[0].length), depth);
      anchors.set(anchor[1], value);
      return value;
    }
    if (first === "" || first.startsWith("#")) {
      skipBlank();
      // A sequence may stand as deep as its key.
      const isSequenceBelow = at < lines.length && indentOf(lines[at]) === depth && /^\s*-( |$)/.test(lines[at]);
      return block(isSequenceBelow ? depth : depth + 1);
    }
    if (/^[|>]/.test(first)) return literal(first, depth);
    if (/^[[{"']/.test(first)) {
      const flow = new Flow(first, () => (at < lines.length ? lines[at++] : null), anchors, fail);
      const value = flow.node();
      flow.end();
      return value;
    }
    // A plain scalar may go on over deeper lines.
    let plain = first;
    while (at < lines.length && !isBlank(lines[at]) && indentOf(lines[at]) > depth) plain += " " + lines[at++].trim();
    plain = plain.replace(/\s+#.*$/, "").trim();
    if (plain.startsWith("*")) return aliasOf(plain.slice(1));
    return scalarOf(plain);
  }

  function aliasOf(name) {
    if (!anchors.has(name)) fail(`there is no anchor ${name}`);
    return anchors.get(name);
  }

  function literal(mark, depth) {
    const folds = mark[0] === ">";
    const kept = [];
    let margin = null;
    for (; at < lines.length; at++) {
      if (lines[at].trim() === "") { kept.push(""); continue; }
      if (indentOf(lines[at]) <= depth) break;
      margin ??= indentOf(lines[at]);
      kept.push(lines[at].slice(margin));
    }
    while (kept.length && kept.at(-1) === "") kept.pop();
    const body = folds ? kept.join("\n").replace(/([^\n])\n(?=[^\n ])/g, "$1 ") : kept.join("\n");
    return mark.includes("-") || kept.length === 0 ? body : body + "\n";
  }

  const document = block(0);
  skipBlank();
  if (at < lines.length) fail("nothing should follow here");
  return document;
}

/** A plain or quoted scalar as what it means in YAML's core schema. */
function scalarOf(text, isKey = false) {
  if (text.startsWith('"')) return JSON.parse(text);
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  if (isKey) return text;
  if (/^(null|Null|NULL|~|)$/.test(text)) return null;
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  if (/^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(text)) return Number(text);
  return text;
}

/** Flow collections and quoted scalars, which may go on over lines. */
class Flow {
  constructor(first, nextLine, anchors, fail) {
    Object.assign(this, { text: first, nextLine, anchors, fail, at: 0 });
  }

  /** Skips blanks and comments, over lines. */
  skip() {
    for (;;) {
      while (this.at < this.text.length && /\s/.test(this.text[this.at])) this.at += 1;
      const isComment = this.text[this.at] === "#" && (this.at === 0 || /\s/.test(this.text[this.at - 1]));
      if (this.at < this.text.length && !isComment) return;
      const line = this.nextLine();
      if (line === null) this.fail("a bracket is not closed");
      this.text = line;
      this.at = 0;
    }
  }

  node() {
    this.skip();
    const rest = this.text.slice(this.at);
    const mark = /^([&*])([^\s,\]}]+)/.exec(rest);
    if (mark) {
      this.at += mark[0].length;
      if (mark[1] === "*") {
        if (!this.anchors.has(mark[2])) this.fail(`there is no anchor ${mark[2]}`);
        return this.anchors.get(mark[2]);
      }
      const value = this.node();
      this.anchors.set(mark[2], value);
      return value;
    }
    if (rest[0] === "[") return this.list();
    if (rest[0] === "{") return this.object();
    if (rest[0] === '"' || rest[0] === "'") return this.quoted();
    return scalarOf(this.plain());
  }

  list() {
    const items = [];
    this.at += 1;
    for (this.skip(); this.text[this.at] !== "]"; this.skip()) {
      items.push(this.node());
      this.separator("]");
    }
    this.at += 1;
    return items;
  }

  object() {
    const object = {};
    this.at += 1;
    for (this.skip(); this.text[this.at] !== "}"; this.skip()) {
      const key = /["']/.test(this.text[this.at]) ? this.quoted() : this.plain();
      this.skip();
      if (this.text[this.at] !== ":") this.fail(`a colon is missing after ${key}`);
      this.at += 1;
      this.skip();
      object[key] = /[,}]/.test(this.text[this.at]) ? null : this.node();
      this.separator("}");
    }
    this.at += 1;
    return object;
  }

  separator(closing) {
    this.skip();
    if (this.text[this.at] === ",") this.at += 1;
    else if (this.text[this.at] !== closing) this.fail(`a comma or ${closing} is missing`);
  }

  quoted() {
    const quote = this.text[this.at];
    const pattern = quote === '"' ? /^"(?:[^"\\]|\\.)*"/ : /^'(?:[^']|'')*'/;
    let match = pattern.exec(this.text.slice(this.at));
    while (!match) {
      // Line breaks within quotes are folded to blanks.
      const line = this.nextLine();
      if (line === null) this.fail("a quote is not closed");
      this.text = this.text.slice(this.at).trimEnd() + " " + line.trim();
      this.at = 0;
      match = pattern.exec(this.text);
    }
    this.at += match[0].length;
    return scalarOf(match[0]);
  }

  /** Up to a delimiter; over lines, too, folded to one blank each. */
  plain() {
    let value = "";
    for (;;) {
      const match = /^(?:[^,[\]{}:#]|:(?![\s,[\]{}]|$)|(?<!\s)#)*/.exec(this.text.slice(this.at));
      value += (value && match[0].trim() ? " " : "") + match[0].trim();
      this.at += match[0].length;
      if (this.at < this.text.length && this.text[this.at] !== "#") return value;
      const line = this.nextLine();
      if (line === null) this.fail("a bracket is not closed");
      this.text = line;
      this.at = 0;
    }
  }

  end() {
    if (!/^\s*(#.*)?$/.test(this.text.slice(this.at))) this.fail("nothing should follow a closed bracket or quote");
  }
}
