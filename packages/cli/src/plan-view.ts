// What `cambium plan` prints.

import { highest } from "@cambium/ir";
import { billions, compact, duration, layerCount } from "@cambium/ir/figures";
import { type ModelSpec, modelSizes } from "@cambium/model";
import type { Devices, GrowthWay } from "@cambium/scaling";
import type { FittedStep, TrainingMemory } from "@cambium/train";
import { drawTurned } from "./draw-table.js";

/** A way of growing with its time and memory on the device. */
export interface PlannedWay {
  readonly way: GrowthWay;
  /** Wall seconds of both phases; null without a device. */
  readonly seconds: number | null;
  /** Of training in f32. */
  readonly steps: readonly [base: FittedStep, target: FittedStep];
}

export interface PlanView {
  readonly target: ModelSpec;
  readonly parameters: number;
  readonly flops: number;
  readonly tokens: number;
  readonly devices: Devices | undefined;
  readonly ways: readonly PlannedWay[];
}

export function planText({ target, parameters, flops, tokens, devices, ways }: PlanView, explain: boolean): string {
  const { layers, hidden } = modelSizes(target);
  const on = devices
    ? ` on ${devices.count} × ${devices.name} at ${Math.round(100 * devices.mfu)} % of ${compact(devices.peak)}FLOP/s`
    : "";
  const head = `Target: ${billions(parameters)} parameters (${layerCount(layers)} × ${hidden}), ${billions(tokens)} tokens, ${flops.toExponential(2)} FLOPs${on}`;
  const labels: string[] = [];
  const items: string[][] = ways.map(() => []);
  const row = (label: string, cell: (one: PlannedWay) => string) => {
    labels.push(label);
    for (const [i, one] of ways.entries()) items[i]?.push(cell(one));
  };
  row("", ({ way }) => way.name);
  row("way", ({ way }) => folded(way.title));
  row("base", ({ way }) => sizes(way.base));
  row("operator", ({ way }) => `${way.operator.name} ${Object.values(way.operator.options).join(" ")}`.trim());
  row("growth factor g", ({ way }) => way.factor.toPrecision(3));
  row("tokens before growth d", ({ way }) => big(way.baseTokens));
  row("tokens after growth", ({ way }) => big(way.targetTokens));
  row("FLOPs before", ({ way }) => way.flops.base.toExponential(2));
  row("FLOPs after", ({ way }) => way.flops.target.toExponential(2));
  row("wall time", ({ seconds }) => (seconds === null ? "–" : duration(seconds)));
  const taken = (step: FittedStep) => `${compact(memoryTaken(step.memory, devices))}B${again(step)}`;
  row("memory, base", ({ steps }) => taken(steps[0]));
  row("memory, target", ({ steps }) => taken(steps[1]));
  row("schedule", ({ way: { training } }) => `${training.schedule.name}, ${training.policy}`);
  row("moments", ({ way }) => way.training.moments);
  row("learning rate", ({ way }) => way.training.lr.map((lr) => lr.toPrecision(3)).join(" → "));
  row("batch, tokens", ({ way }) => billions(way.training.batchTokens));
  row("measured saving", ({ way: { saving } }) =>
    saving === null ? "none stated" : `${Math.round(100 * saving.low)} to ${Math.round(100 * saving.high)} %`,
  );
  row("measured on such a run", ({ way }) => words[measuredOn(way)]);
  const notes = ways.flatMap(({ way, steps }) => [
    `${way.name}: ${way.regime}.`,
    ...[...way.advice, ...tooLarge(steps, devices)].map((advice) => `  – ${advice}.`),
  ]);
  return [head, drawTurned(labels, items), ...notes, ...(explain ? explained(ways) : [])].join("\n");
}

/** Whether the way was measured at such a size and budget; `size` if its source gives no budgets to compare with. */
export function measuredOn({ inRegime: { size, budget } }: GrowthWay): "both" | "size" | "neither" {
  if (!size || budget === false) return "neither";
  return budget === true ? "both" : "size";
}

const words = { both: "yes", size: "at such sizes;\nits budgets are\nnot published", neither: "no" };

/** Bytes of the whole process on this machine or, if `devices` are given, of the device alone. */
export function memoryTaken({ state, step, total }: TrainingMemory, devices: Devices | undefined): number {
  return devices ? state + step : total;
}

/** Says so if training takes more memory than one device has. */
function tooLarge(steps: PlannedWay["steps"], devices: Devices | undefined): string[] {
  if (devices === undefined) return [];
  const most = highest(steps.map(({ memory }) => memoryTaken(memory, devices)));
  if (most <= devices.memory) return [];
  return [
    `training takes ${compact(most)}B, more than the ${compact(devices.memory)}B of one ${devices.name}: lower --batch, bound it with --memory, or split the model over devices`,
  ];
}

/** Share of the matrix work that is done a second time to fit into --memory. */
export function recomputed({ flops, recomputedFlops }: FittedStep): number {
  return recomputedFlops / flops;
}

function again(step: FittedStep): string {
  const share = recomputed(step);
  return share > 0 ? `\n${(100 * share).toPrecision(2)} % recomputed` : "";
}

/** Where the table's memory and time come from. */
export const toolFigures = {
  memory:
    "f32 weights and AdamW's moments, and the peak of gradients and activations alive in the train step's graph; " +
    "without --device also a copy of the state in the process, and 210 MB of Node and ONNX Runtime (cambium bench --suite memory); " +
    "--memory, like train.memory, bounds all of it",
  seconds: "C / (peak × devices × MFU); with --memory, C includes recomputation",
  peak: "the vendor's data sheet, dense bf16",
};

function explained(ways: readonly PlannedWay[]): string[] {
  const lines = ways.flatMap(({ way }) => [
    "",
    `${way.name}:`,
    ...way.figures.map(
      ({ name, value, formula, source }) => `  ${name} = ${value.toPrecision(4)}: ${formula} (${source})`,
    ),
    ...(way.saving ? [`  saving: ${way.regime}`] : []),
  ]);
  return [...lines, "", ...Object.entries(toolFigures).map(([name, formula]) => `${name}: ${formula}`)];
}

function sizes(model: ModelSpec): string {
  const { layers, hidden } = modelSizes(model);
  return `${layerCount(layers)} × ${hidden}`;
}

function big(value: number): string {
  if (value < 1e9) return compact(value);
  return value >= 1e12 ? `${(value / 1e12).toPrecision(4)}T` : `${(value / 1e9).toPrecision(4)}B`;
}

function folded(text: string): string {
  return text.replace(/^(.{12,24}?) /, "$1\n");
}
