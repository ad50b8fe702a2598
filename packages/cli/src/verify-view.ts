// The findings of cambium verify as text: a line for each model and backend, the first op that is off, and magnitudes
// and errors over depth.
import { styleText } from "node:util";
import { highest } from "@cambium/ir";
import type { Departed, Depth, Verified } from "@cambium/verify";

/** A bar's width in columns, and the powers of ten that it spans. */
const bar = { columns: 24, from: -4, to: 2 };

export function verifiedText(runs: readonly Verified[], depth: boolean): string {
  return runs
    .flatMap((run) => [
      line(run),
      ...(run.failed ? failedLines(run.failed) : []),
      ...(run.first ? departedLines(run.first) : []),
      ...((depth && !run.failed) || run.first ? depthLines(run.depth) : []),
    ])
    .join("\n");
}

function failedLines({ message }: NonNullable<Verified["failed"]>): string[] {
  return message.split("\n").map((one) => `    ${one}`);
}

function line({ model, backend, device, agrees, failed, steps, nodes, outputs }: Verified): string {
  const loss = outputs.filter(({ name }) => name === "loss").at(-1);
  const what = steps === 0 ? "forward and backward" : `${steps} step${steps === 1 ? "" : "s"}`;
  const off = loss ? `, loss off by ${size(loss.error)} of ${short(loss.tolerance)} allowed` : "";
  if (failed) return `✗ ${model} on ${backend} (${device}): ${styleText("bold", "could not be checked")}`;
  const verdict = agrees ? "agrees" : styleText("bold", "departs");
  return `${agrees ? "✓" : "✗"} ${model} on ${backend} (${device}): ${verdict}; ${what}, ${nodes} ops${off}`;
}

const kinds: Readonly<Record<Departed["kind"], string>> = {
  op: "the op alone is off, on the device's own inputs",
  part: "only several ops together are off: a fusion",
  run: "only whole steps are off: state that is kept or replaced",
};

function departedLines(first: Departed): string[] {
  const { op, layer, output, element, got, expected, error, tolerance, count, step, reads, kind } = first;
  const where = layer === null ? "" : ` in ${layer}`;
  const role = reads.length === 0 ? "" : `, which reads ${reads.join(", ")}`;
  return [
    `    first: ${op}${where}${role}`,
    `    step ${step}, output ${output}[${element}] is ${got}, not ${expected}: off by ${size(error)}, allowed ${short(tolerance)}; ${count} element${count === 1 ? "" : "s"} off`,
    `    ${kinds[kind]}`,
  ];
}

function depthLines(depth: readonly Depth[]): string[] {
  const width = Math.max(5, highest(depth.map(({ layer }) => layer.length)));
  const head = `    ${"layer".padEnd(width)}  ops  largest    error  worst op over its tolerance`;
  return [
    head,
    ...depth.map(({ layer, nodes, magnitude, error, share }) =>
      [
        `    ${layer.padEnd(width)}`,
        String(nodes).padStart(3),
        short(magnitude).padStart(7),
        size(error).padStart(7),
        `${drawn(share)} ${share === 0 ? "exact" : size(share)}${share > 1 ? " ✗" : ""}`,
      ].join("  "),
    ),
  ];
}

/** A bar on a logarithmic scale, with a mark where the error equals the tolerance. */
function drawn(share: number): string {
  const at = (value: number) => Math.round((bar.columns * (Math.log10(value) - bar.from)) / (bar.to - bar.from));
  const filled = share === 0 ? 0 : Math.min(bar.columns, Math.max(1, at(share)));
  const mark = at(1);
  return Array.from({ length: bar.columns }, (_, i) => (i < filled ? "█" : i === mark ? "│" : "·")).join("");
}

function short(value: number): string {
  if (value === 0) return "0";
  return Math.abs(value) >= 0.01 && Math.abs(value) < 1e4
    ? String(Number(value.toPrecision(3)))
    : value.toExponential(1);
}

function size(value: number): string {
  return value >= Number.MAX_VALUE ? "∞" : short(value);
}
