// House rules that no linter checks: the length of files, functions and operators, a first line that says what a file
// is, no list of unknown length spread into the arguments of a call, and no import that the package does not install.
// `tools/house/known.json` lists today's exceptions; it may only shrink (`--update` rewrites it, and refuses to let it
// grow).
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { functionsOf } from "./house/functions.mjs";
import { operatorLengths } from "./house/operators.mjs";
import { otherFiles, sources } from "./house/sources.mjs";
import { spreadsOf } from "./house/spreads.mjs";
import { undeclaredIn } from "./house/undeclared.mjs";
import { root } from "./setup.mjs";

const longestFile = 350;
const longestFunction = 80;
/** Sources and tests of an operator's package, blank lines aside. */
const longestOperator = 120;
const medianLimit = 70;

const files = sources();
const lengths = files.map(({ text }) => text.split("\n").length - 1).sort((a, b) => a - b);
const at = (share) => lengths[Math.floor(lengths.length * share)] ?? 0;
console.log(`${lengths.length} source files; lines: median ${at(0.5)}, p90 ${at(0.9)}, longest ${at(1 - 1e-9)}`);

const all = [...files, ...otherFiles()];
/** Violations by rule: where, and the size. Tests and tools must be as short as sources. */
const found = {
  files: Object.fromEntries(
    all.map(({ path, text }) => [path, text.split("\n").length - 1]).filter(([, lines]) => lines > longestFile),
  ),
  functions: Object.fromEntries(
    files
      .filter(({ path }) => /^(packages|backends)\//.test(path))
      .flatMap(({ path, tree }) => functionsOf(tree).map(({ name, lines }) => [`${path} ${name}`, lines]))
      .filter(([, lines]) => lines > longestFunction)
      .sort(([, a], [, b]) => a - b), // Of functions that share a name, the longest counts.
  ),
  operators: Object.fromEntries([...operatorLengths(all)].filter(([, lines]) => lines > longestOperator)),
};
const says = {
  files: (lines) => `${lines} lines, over ${longestFile}`,
  functions: (lines) => `a function of ${lines} lines, over ${longestFunction}`,
  operators: (lines) => `${lines} lines with its tests, over ${longestOperator}`,
};

const knownPath = join(root, "tools", "house", "known.json");
const known = JSON.parse(readFileSync(knownPath, "utf8"));
const faults = files
  .filter(({ text }) => !/^(\/\/|#!)/.test(text))
  .map(({ path }) => `${path}: its first line does not say what it is`);
/** By the package's folder. */
const manifests = new Map();
for (const { path, tree } of files) {
  for (const { line, call } of spreadsOf(tree))
    faults.push(`${path}:${line}: ${call}(...list), which a long list breaks`);
  const folder = path.split("/", 2).join("/");
  if (!manifests.has(folder))
    manifests.set(folder, JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")));
  for (const name of undeclaredIn(tree, manifests.get(folder)))
    faults.push(`${path}: imports ${name}, which is not among the dependencies of ${folder}`);
}
if (at(0.5) > medianLimit) faults.push(`the median file has ${at(0.5)} lines, over ${medianLimit}`);
for (const [rule, offenders] of Object.entries(found)) {
  for (const [where, size] of Object.entries(offenders)) {
    if (size > (known[rule][where] ?? 0)) faults.push(`${where}: ${says[rule](size)}`);
  }
}
const left = Object.values(found).flatMap(Object.keys).length;
if (left > 0) console.log(`${left} known offenders left (tools/house/known.json)`);
for (const fault of faults) console.error(fault);
if (process.argv.includes("--update") && faults.length === 0) {
  writeFileSync(knownPath, `${JSON.stringify(found, null, 2)}\n`);
}
process.exitCode = faults.length > 0 ? 1 : 0;
