// Cross entropy row by row: log Σ exp of the logits, chunk after chunk, and the logit of each row's target.
import { numel, type Value } from "@cambium/ir";
import type { DeviceTraits } from "../lower/traits.js";
import { type Kernel, type KernelIo, spread } from "../wgsl/kernel.js";
import { groupReduction, groupTotal, type Joining } from "./group-reduction.js";

export interface RowsOptions {
  /** f32 [rows, columns]: columns `first` … of all logits. */
  readonly logits: Value;
  /** i32 [rows]. */
  readonly targets: Value;
  readonly first: number;
  /** f32 [3, rows]: largest logit, Σ exp(logit − largest) and the target's logit, before this chunk and after it. */
  readonly before: Value | undefined;
  readonly after: Value | undefined;
  /** f32 [rows] each; written if there is no `after`. */
  readonly losses: Value;
  readonly logSumExp: Value;
}

/** Below every logit; exp of it is 0. */
const lowest = "-3.4e38f";

/** A workgroup shares a row on GPUs; on a software adapter each invocation has rows of its own. */
export function rowsKernel(options: RowsOptions, traits: DeviceTraits): Kernel {
  const { logits, targets, before, after, losses, logSumExp } = options;
  const [rows, columns] = logits.type.shape as readonly [number, number];
  const sharing = traits.kind === "gpu" ? Math.min(128, traits.maxInvocations) : 1;
  const invocations = sharing === 1 ? 4 : sharing;
  const reduction = groupReduction(invocations, traits, seen);
  const { groups, linear } = spread(sharing === 1 ? Math.ceil(rows / invocations) : rows);
  return {
    label: `cross entropy of rows ${rows}×${columns}`,
    reads: [logits, targets, ...(before ? [before] : [])],
    writes: after ? [after] : [losses, logSumExp],
    workgroup: [invocations, 1, 1],
    groups,
    ...(sharing > 1 && { enables: reduction.enables }),
    body: (io) => ({
      ...(sharing > 1 && { declarations: `${reduction.declarations}\n${joinSeen}` }),
      main: [
        `let row = ${sharing === 1 ? `${linear} * ${invocations}u + lane` : linear};`,
        `if (row >= ${rows}u) { return; }`,
        `var peak = ${lowest};`,
        "var sum = 0f;",
        ...scan(io, logits, columns, sharing),
        ...(sharing > 1
          ? [
              ...reduction.statements("vec2<f32>(peak, sum)"),
              "if (lane == 0u) {",
              `peak = ${reduction.result}[0];`,
              `sum = ${reduction.result}[1];`,
            ]
          : []),
        ...finish(io, options, rows, columns),
        ...(sharing > 1 ? ["}"] : []),
      ].join("\n"),
    }),
  };
}

/** An online softmax: the sum is rescaled whenever a larger logit comes (Milakov & Gimelshein 2018). */
function scan(io: KernelIo, logits: Value, columns: number, sharing: number): string[] {
  const own = sharing > 1 ? "lane" : "0u";
  if (columns % 4 === 0) {
    return [
      `for (var i = ${own}; i < ${columns / 4}u; i += ${sharing}u) {`,
      `let x = ${io.load4(logits, `row * ${columns / 4}u + i`)};`,
      "let higher = max(peak, max(max(x[0], x[1]), max(x[2], x[3])));",
      "sum = sum * exp(peak - higher) + dot(exp(x - higher), vec4<f32>(1f));",
      "peak = higher;",
      "}",
    ];
  }
  return [
    `for (var i = ${own}; i < ${columns}u; i += ${sharing}u) {`,
    `let x = ${io.load(logits, `row * ${columns}u + i`)};`,
    "let higher = max(peak, x);",
    "sum = sum * exp(peak - higher) + exp(x - higher);",
    "peak = higher;",
    "}",
  ];
}

/** What the invocations of a row have seen so far: the largest logit, and Σ exp(logit − largest). */
const seen: Joining = { type: "vec2<f32>", join: (a, b) => `joined(${a}, ${b})` };
const joinSeen = `fn joined(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let higher = max(a[0], b[0]);
  return vec2<f32>(higher, a[1] * exp(a[0] - higher) + b[1] * exp(b[0] - higher));
}`;

function finish(io: KernelIo, options: RowsOptions, rows: number, columns: number): string[] {
  const { logits, targets, first, before, after, losses, logSumExp } = options;
  return [
    "var picked = 0f;",
    ...(before
      ? [
          `let earlier = ${io.load(before, "row")};`,
          "let higher = max(peak, earlier);",
          `sum = sum * exp(peak - higher) + ${io.load(before, `${rows}u + row`)} * exp(earlier - higher);`,
          "peak = higher;",
          `picked = ${io.load(before, `${2 * rows}u + row`)};`,
        ]
      : []),
    `let target_ = ${io.load(targets, "row")} - ${first};`,
    `if (target_ >= 0 && target_ < ${columns}) { picked = ${io.load(logits, `row * ${columns}u + u32(target_)`)}; }`,
    ...(after
      ? [
          io.store(after, "row", "peak"),
          io.store(after, `${rows}u + row`, "sum"),
          io.store(after, `${2 * rows}u + row`, "picked"),
        ]
      : [
          "let total = peak + log(sum);",
          io.store(logSumExp, "row", "total"),
          io.store(losses, "row", "total - picked"),
        ]),
  ];
}

/** `mean` [] of `values` [count], by one workgroup, always in the same order. */
export function meanKernel(values: Value, mean: Value, traits: DeviceTraits): Kernel {
  const count = numel(values.type.shape);
  const invocations = traits.kind === "gpu" ? Math.min(128, traits.maxInvocations) : 4;
  const { enables, declarations, statements } = groupTotal(invocations, traits);
  return {
    label: `mean of ${count}`,
    reads: [values],
    writes: [mean],
    workgroup: [invocations, 1, 1],
    groups: [1, 1, 1],
    enables,
    body: (io) => ({
      declarations,
      main: [
        "var sum = 0f;",
        `for (var i = lane; i < ${count}u; i += ${invocations}u) { sum += ${io.load(values, "i")}; }`,
        ...statements("sum", "total"),
        io.store(mean, "0u", `total / ${count}f`),
        "}",
      ].join("\n"),
    }),
  };
}
