// The commands in the documents.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup.mjs";

const rooms = ["docs", "recipes", "packages", "backends", "operators", "engines", "benchmarks", "tools"];
/** What begins a command in running text; a program's name alone is not one. */
const inline = /`((?:pnpm|npm|npx|cambium|python|node tools\/|\.ci\/run)\b(?!:)[^`]*)`/g;
/** A line of a block that is set apart by indenting alone. */
const indented = /^ {4}((?:pnpm|npm|npx|cambium|python|node) .*)$/gm;

/** @returns {string[]} paths of the repository's Markdown files, from the root */
export function documents() {
  const within = (folder) =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (/^(node_modules|api|dist|\..*)$/.test(entry.name)) return [];
      if (entry.isDirectory()) return within(path);
      return entry.name.endsWith(".md") ? [path] : [];
    });
  return ["README.md", "CONTRIBUTING.md", "SECURITY.md", ...rooms.flatMap(within)];
}

/** @returns {{ command: string, where: string }[]} every command once, with the document that has it first */
export function commands() {
  const found = new Map();
  for (const path of documents()) {
    for (const command of commandsIn(readFileSync(join(root, path), "utf8"))) {
      if (!found.has(command)) found.set(command, path);
    }
  }
  return [...found].map(([command, where]) => ({ command, where }));
}

/** The commands of one document: lines of `sh` and indented blocks without comments, and inline code that begins so. */
export function commandsIn(markdown) {
  const blocks = [...markdown.matchAll(/^```sh\n(.*?)^```/gms)].map(([, text]) => text.replaceAll("\\\n", " "));
  const lines = blocks.flatMap((text) => text.split("\n"));
  const prose = markdown.replace(/^```.*?^```/gms, "");
  const mentions = [...prose.matchAll(inline)].map(([, text]) => text.replace(/\s+/g, " ").replaceAll("\\|", "|"));
  const apart = [...prose.matchAll(indented)].map(([, text]) => text);
  return [...lines, ...apart, ...mentions]
    .flatMap((line) => line.replace(/\s#\s.*$/, "").split(" && "))
    .map((line) => line.trim())
    .filter((line) => line.includes(" ") || line.startsWith("."));
}
