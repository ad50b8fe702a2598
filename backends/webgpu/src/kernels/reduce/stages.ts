// A reduction in one or two stages, always in the same order: stretches of the reduced elements first, then their
// results.
import { numel, type Value } from "@cambium/ir";
import type { LowerContext } from "../../lower/lowering.js";
import { Index } from "../../wgsl/index-map.js";
import { type FoldDType, type FoldJob, foldKernel } from "./fold.js";

export interface Reduction extends Pick<FoldJob, "fold" | "length" | "read"> {
  readonly x: Value;
  readonly y: Value;
  /** The last axis is among the reduced. */
  readonly along: boolean;
}

/** Elements that one invocation folds before a second stage pays off. */
const stretch = 512;

export function emitStages(reduction: Reduction, context: LowerContext): void {
  const { fold, x, y, length, read } = reduction;
  const outputs = numel(y.type.shape);
  const label = `${fold.name} ${outputs}×${length}`;
  const splits = splitsFor(outputs, length, context);
  if (splits > 1) emitSplit(reduction, splits, label, context);
  else context.emit(foldKernel({ label, reads: [x], write: y, outputs, length, fold, read }, context.traits));
}

/** Stretches per output. A GPU needs many invocations at work, a software adapter only short chains of additions. */
function splitsFor(outputs: number, length: number, { traits }: LowerContext): number {
  if (length <= 32) return 1;
  const wanted = traits.kind === "gpu" ? 65_536 : 64;
  const most = Math.ceil(length / 32);
  return Math.min(most, Math.max(Math.ceil(wanted / outputs), Math.ceil(length / stretch)));
}

function emitSplit(reduction: Reduction, splits: number, label: string, context: LowerContext): void {
  const { fold, x, y, length, along } = reduction;
  const outputs = numel(y.type.shape);
  const part = Math.ceil(length / splits);
  const partial = context.temp({ dtype: y.type.dtype as FoldDType, shape: [outputs * splits] });
  // Neighbouring invocations read neighbouring elements: along the last axis where it is reduced, else across outputs.
  const output = (slot: string) => (along ? `${slot} / ${splits}u` : `${slot} % ${outputs}u`);
  const element = (slot: string, r: string) =>
    along ? `${r} * ${splits}u + ${slot} % ${splits}u` : `(${slot} / ${outputs}u) * ${part}u + ${r}`;
  const place = (out: string, r: string) => (along ? `${out} * ${splits}u + ${r}` : `${r} * ${outputs}u + ${out}`);
  const first: FoldJob = {
    label: `${label} in ${splits}`,
    reads: [x],
    write: partial,
    outputs: outputs * splits,
    length: part,
    fold,
    read: (code, slot, r) => reduction.read(code, code.define(output(slot)), code.define(element(slot, r))),
    inside: (slot, r) => `${element(slot, r)} < ${length}u`,
  };
  const second: FoldJob = {
    label: `${label} joined`,
    reads: [partial],
    write: y,
    outputs,
    length: splits,
    fold,
    read: (code, out, r) => code.eval(partial, Index.flat(partial.type.shape, code.define(place(out, r)))),
  };
  for (const job of [first, second]) context.emit(foldKernel(job, context.traits));
}
