// Makes a new op: one file in packages/ir/src/ops or, for a composite, packages/ir/src/composites; and updates the
// index.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { render, spellings, writeNew } from "@cambium/plugin/node";
import { root } from "../setup.mjs";

const kinds = {
  op: { folder: "ops", other: "composites", otherKind: "composite" },
  composite: { folder: "composites", other: "ops", otherKind: "primitive op" },
};

/** Writes the op, of kind `op` or `composite`, into the ir package at `ir`. @returns the paths written, within it. */
export function newOp(ir, name, kind = "op") {
  const { kebab, camel } = spellings(name);
  const { folder, other, otherKind } = kinds[kind];
  if (existsSync(join(ir, "src", other, `${kebab}.ts`))) throw new Error(`"${kebab}" is a ${otherKind} already`);
  const files = render(fileURLToPath(new URL(`../templates/${kind}/`, import.meta.url)), { kebab, camel });
  writeNew(join(ir, "src", folder), files);
  execFileSync(process.execPath, [join(root, "tools", "indexes.mjs"), join(ir, "..", "..")], { stdio: "inherit" });
  return [...Object.keys(files), "index.ts"].map((path) => join("src", folder, path));
}

/**
 * The tables that lack the op, from tsc's output: `file(line,column): … Property 'softSign' is missing …`.
 * @returns {{ asked: string[], other: string[] }} places, and all other lines
 */
export function missingLowerings(tscOutput, name) {
  const { camel } = spellings(name);
  const errors = tscOutput.split("\n").filter((line) => / error TS\d+: /.test(line));
  const about = errors.filter((line) => /^\S/.test(line) && line.includes(`'${camel}' is missing`));
  return {
    asked: about.map((line) => line.replace(/^(.*?)\((\d+),\d+\).*$/, "$1:$2")),
    other: errors.filter((line) => !about.includes(line)),
  };
}
