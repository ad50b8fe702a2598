// A new primitive op: one file in packages/ir/src/ops, and the index that lists it.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { render, spellings, writeNew } from "@cambium/plugin/node";

const template = fileURLToPath(new URL("../templates/op/", import.meta.url));

/** Writes the op into the ir package at `ir`. @returns the paths written, within it. */
export function newOp(ir, name) {
  const { kebab, camel } = spellings(name);
  if (existsSync(join(ir, "src", "composites", `${kebab}.ts`))) throw new Error(`"${kebab}" is a composite already`);
  const files = render(template, { kebab, camel });
  writeNew(join(ir, "src", "ops"), files);
  execFileSync(process.execPath, [join(ir, "scripts", "generate-index.mjs")], { stdio: "inherit" });
  return [...Object.keys(files), "index.ts"].map((path) => join("src", "ops", path));
}

/**
 * The tables that lack the op, from what tsc says: `file(line,column): … Property 'softSign' is missing …`.
 * @returns {{ asked: string[], other: string[] }} places, and lines about anything else
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
