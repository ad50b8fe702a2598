// Writes docs/errors.md: every error code in the sources, the packages that raise it and its messages. `--check` only
// compares.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./setup.mjs";

const shown = 2;
const found = new Map();

for (const room of ["packages", "backends", "operators", "engines"]) {
  for (const name of readdirSync(join(root, room)).sort()) {
    const folder = join(root, room, name);
    if (!existsSync(join(folder, "package.json"))) continue;
    for (const file of readdirSync(join(folder, "src"), { recursive: true }).sort()) {
      if (!file.endsWith(".ts") || /generated|conformance|_pb\.ts$/.test(file)) continue;
      const text = readFileSync(join(folder, "src", file), "utf8");
      const visit = (node) => {
        note(`${room === "packages" ? "" : `${room}/`}${name}`, ...raise(node));
        ts.forEachChild(node, visit);
      };
      visit(ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true));
    }
  }
}

/** Codes and messages of `f("E_X", message)`, `new F("E_X", message)` or `{ code: "E_X", message }`. */
function raise(node) {
  if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.arguments) {
    const at = node.arguments.findIndex((one) => codesOf(one).length > 0);
    return at < 0 ? [[], []] : [codesOf(node.arguments[at]), textsOf(node.arguments[at + 1])];
  }
  if (ts.isObjectLiteralExpression(node)) {
    const value = (key) => node.properties.find((one) => one.name?.getText() === key)?.initializer;
    return [codesOf(value("code")), textsOf(value("message"))];
  }
  return [[], []];
}

function codesOf(node) {
  return textsOf(node).filter((text) => /^E_[A-Z0-9_]+$/.test(text));
}

/** The texts that an expression can produce, with … for parts filled in at run time. */
function textsOf(node) {
  if (!node) return [];
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  if (!ts.isTemplateExpression(node)) return [];
  return [node.templateSpans.reduce((text, span) => `${text}…${span.literal.text}`, node.head.text)];
}

function note(room, codes, messages) {
  for (const code of codes) {
    const entry = found.get(code) ?? { rooms: new Set(), messages: new Set() };
    entry.rooms.add(room);
    for (const message of messages) {
      entry.messages.add(message.replace(/\s+/g, " ").replaceAll("|", "\\|").replaceAll("<", "&lt;"));
    }
    found.set(code, entry);
  }
}

const rows = [...found]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([code, { rooms, messages }]) => {
    const more = messages.size > shown ? ` · and ${messages.size - shown} more` : "";
    return `| \`${code}\` | ${[...rooms].join(", ")} | ${[...messages].slice(0, shown).join(" · ")}${more} |`;
  });
const text = `# Errors

Every error that a user can act on has a code, says what was expected, what came and where, and what to try. \`--json\`
prints the same as data. An error without a code is a defect of Cambium.

The table is made from the sources by \`npm run generate\`; … stands for what is filled in.

| code | raised by | says |
|---|---|---|
${rows.join("\n")}
`;
const path = join(root, "docs", "errors.md");
if (!process.argv.includes("--check")) writeFileSync(path, text);
else if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
  console.error('docs/errors.md is out of date: run "npm run generate"');
  process.exitCode = 1;
}
