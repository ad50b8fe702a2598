// Folds: how a reduction joins two elements, and one kernel that folds a stretch of elements into each of its outputs.
import type { Value } from "@cambium/ir";
import type { DeviceTraits } from "../../lower/traits.js";
import type { Code } from "../../wgsl/code.js";
import { type Kernel, spread } from "../../wgsl/kernel.js";

export type FoldDType = "f32" | "i32";

export interface Fold {
  readonly name: string;
  /** Statements that declare `total` as the neutral element of the join. */
  start(dtype: FoldDType): readonly string[];
  join(a: string, b: string): string;
}

export const sum: Fold = {
  name: "sum",
  start: (dtype) => [`var total: ${dtype} = ${dtype}(0);`],
  join: (a, b) => `${a} + ${b}`,
};

export const max: Fold = {
  name: "max",
  // −∞, which WGSL can only make from its bits at run time: a constant expression may not be infinite.
  start: (dtype) =>
    dtype === "f32"
      ? ["let lowest = 0xff800000u;", "var total: f32 = bitcast<f32>(lowest);"]
      : ["var total: i32 = i32(-2147483648);"],
  join: (a, b) => `max(${a}, ${b})`,
};

export interface FoldJob {
  readonly label: string;
  readonly reads: readonly Value[];
  readonly write: Value;
  readonly outputs: number;
  /** Elements folded into each output. */
  readonly length: number;
  readonly fold: Fold;
  /** The input element that is number `element` of `output`. */
  read(code: Code, output: string, element: string): string;
  /** Whether an element exists; absent if all do. */
  inside?(output: string, element: string): string;
}

/** One invocation per output. */
export function foldKernel(job: FoldJob, traits: DeviceTraits): Kernel {
  const { label, reads, write, outputs, length, fold } = job;
  const invocations = Math.min(outputs, traits.kind === "gpu" ? 256 : 32, traits.maxInvocations);
  const { groups, linear } = spread(Math.ceil(outputs / invocations));
  return {
    label,
    reads,
    writes: [write],
    workgroup: [invocations, 1, 1],
    groups,
    body: (io) => {
      const inner = io.code();
      inner.line(`total = ${fold.join("total", job.read(inner, "o", "r"))};`);
      const guard = job.inside ? `if (!(${job.inside("o", "r")})) { break; }\n` : "";
      const main = [
        `let o = ${linear} * ${invocations}u + lane;`,
        `if (o >= ${outputs}u) { return; }`,
        ...fold.start(write.type.dtype as FoldDType),
        `for (var r = 0u; r < ${length}u; r++) {\n${guard}${inner}\n}`,
        io.store(write, "o", "total"),
      ];
      return { main: main.join("\n") };
    },
  };
}
