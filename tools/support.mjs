// Writes docs/support.md: what each backend supports, from the conformance suite run on every device that can be tested
// without a GPU. `--check` runs nothing and only says whether the table is of this version's suite; `--only TITLE` runs
// one device and prints its failures.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, setUp } from "./setup.mjs";
import { columns } from "./support/columns.mjs";
import { stamp, supportPage } from "./support/table.mjs";

const page = join(root, "docs", "support.md");
const source = ["--conditions=@cambium/source", "--import", "tsx"];

/** Runs a script of this folder, from the root. @returns its output */
function output(script, args, onLine = () => {}) {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [...source, join(import.meta.dirname, "support", script), ...args], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [text, errors] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (part) => {
      text += part;
    });
    child.stderr.setEncoding("utf8").on("data", (part) => {
      if (/^\d+\/\d+\n/.test(part)) onLine(part.trim().split("\n").at(-1));
      else errors += part;
    });
    child.on("exit", (code) => (code === 0 ? done(text) : fail(new Error(errors))));
  });
}

if (!process.argv.includes("--check")) await setUp();
const cases = JSON.parse(await output("list-cases.ts", []));
if (process.argv.includes("--check")) {
  if (!readFileSync(page, "utf8").startsWith(stamp(cases))) {
    console.error("docs/support.md is of another version of the suite; node tools/support.mjs writes it");
    process.exitCode = 1;
  }
} else {
  const only = process.argv[process.argv.indexOf("--only") + 1];
  const chosen = process.argv.includes("--only") ? columns.filter(({ title }) => title === only) : columns;
  const found = [];
  for (const { title, backend, options = {}, adapter } of chosen) {
    const began = performance.now();
    const args = [backend, JSON.stringify(options), ...(adapter ? [adapter] : [])];
    const text = await output("run-column.ts", args, (line) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${title}: ${line}\x1b[K`);
    });
    const result = JSON.parse(text.trim().split("\n").at(-1));
    const failed = result.results.filter(({ error }) => error !== null);
    console.error(
      `${title}: ${failed.length} of ${result.results.length} failed (${((performance.now() - began) / 1000).toFixed(0)} s)`,
    );
    for (const { name, error } of failed) console.error(`  ${name}: ${error}`);
    found.push({ title, found: result });
  }
  if (chosen === columns) writeFileSync(page, supportPage(found, cases));
}
