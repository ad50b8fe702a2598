// The house rules that no linter knows: file lengths, and a first line that says what a file is.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

const longest = 400;
const medianLimit = 120;

const sources = ["packages", "backends", "operators"].flatMap((room) =>
  readdirSync(join(root, room)).flatMap((name) => walk(join(root, room, name, "src"))),
);

function walk(folder) {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "generated" ? [] : walk(path);
    return entry.name.endsWith(".ts") && !entry.name.endsWith("_pb.ts") ? [path] : [];
  });
}

const measured = sources
  .map((path) => ({ path: path.slice(root.length + 1), text: readFileSync(path, "utf8") }))
  .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1, first: text.split("\n")[0] }));
const faults = measured.flatMap(({ path, lines, first }) => [
  ...(/^(\/\/|#!)/.test(first) ? [] : [`${path}: its first line does not say what it is`]),
  ...(lines > longest && !/because|reason/i.test(first)
    ? [`${path}: ${lines} lines, over ${longest}, without a reason in the first line`]
    : []),
]);
const lengths = measured.map(({ lines }) => lines).sort((a, b) => a - b);
const at = (share) => lengths[Math.floor(lengths.length * share)] ?? 0;
console.log(`${lengths.length} source files; lines: median ${at(0.5)}, p90 ${at(0.9)}, longest ${at(1 - 1e-9)}`);
if (at(0.5) >= medianLimit)
  faults.push(`the median file has ${at(0.5)} lines; the house keeps it under ${medianLimit}`);
for (const fault of faults) console.error(fault);
process.exit(faults.length > 0 ? 1 : 0);
