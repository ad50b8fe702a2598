// The support table as Markdown, from the results of the conformance suite on each device.
import { createHash } from "node:crypto";

/** Narrowest first: a sample counts as a test of its narrowest dtype. */
const dtypes = ["bf16", "f16", "f32", "i32", "bool"];
const parts = ["contract", "values", "gradients", "training"];

/** A line that changes with the cases; it shows whether a table is of this version's suite. */
export function stamp(cases) {
  const names = cases.map(({ part, name }) => `${part}: ${name}`).sort();
  return `<!-- cases ${createHash("sha256").update(names.join("\n")).digest("hex").slice(0, 16)} -->`;
}

/** @param columns { title, found }: `found` is the output of run-column.ts */
export function supportPage(columns, cases) {
  const rows = [...new Set(cases.filter(({ op, dtypes }) => op && dtypes).map(rowOf))].sort(inOrder);
  return `${stamp(cases)}

# What each backend supports

Made by \`node tools/support.mjs\` from the conformance suite, never by hand. A row is an op with samples in that dtype; a
cell is what a device does with it.

| sign | meaning |
| ---- | ------- |
| ✓    | every sample agrees with float64 within what roundings may do |
| ✓∇   | and so do the gradients of all that have one |
| ·    | as ✓ or ✓∇, but the dtype is held in a wider one: it saves neither memory nor time |
| whole | the composite is computed as a whole, not op by op |
| –    | the dtype is refused, with an error that names it |
| ✗    | a sample fails |

${table(["device", "engine", ...parts], columns.map(summary))}

${table(
  ["op", "dtype", ...columns.map(({ title }) => title)],
  rows.map((row) => [...row.split(" "), ...columns.map(({ found }) => cell(found, row))]),
)}
`;
}

function summary({ title, found: { device, version, results } }) {
  const count = (part) => {
    const of = results.filter((one) => one.part === part);
    const failed = of.filter(({ error }) => error !== null).length;
    return failed === 0 ? `${of.length} ✓` : `${of.length - failed} of ${of.length}`;
  };
  return [title, `${device}; ${version}`, ...parts.map(count)];
}

function rowOf({ op, dtypes: of }) {
  return `${op} ${dtypes.find((dtype) => of.includes(dtype))}`;
}

function inOrder(a, b) {
  const [[opA, dtypeA], [opB, dtypeB]] = [a.split(" "), b.split(" ")];
  return opA === opB ? dtypes.indexOf(dtypeB) - dtypes.indexOf(dtypeA) : opA < opB ? -1 : 1;
}

function cell({ accepts, computes, composites, results }, row) {
  const [op, dtype] = row.split(" ");
  const own = results.filter((one) => one.op === op && one.dtypes && rowOf(one) === row);
  if (own.some(({ error }) => error !== null)) return "✗";
  if (!accepts.includes(dtype)) return "–";
  const gradient = own.some(({ part }) => part === "gradients") ? "∇" : "";
  const wide = dtype === "bool" || computes.includes(dtype) ? "" : "·";
  return `✓${gradient}${wide}${composites.includes(op) ? " whole" : ""}`;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
