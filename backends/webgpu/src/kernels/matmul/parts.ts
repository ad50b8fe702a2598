// Products whose k is cut into parts: a second pass adds up the parts' sums, always in the same order.
import { f32, numel, type Value } from "@cambium/ir";
import type { LowerContext } from "../../lower/lowering.js";
import { type Kernel, spread } from "../../wgsl/kernel.js";
import { label, type Product } from "./product.js";
import { into, type Target } from "./target.js";
import { tileKernel } from "./tiles/index.js";
import type { TileShape } from "./tiles/shape.js";

/** Emits a product whose k is cut into `splits` parts, so that a small result with a large k fills the device. */
export function emitInParts(
  product: Product,
  shape: TileShape,
  splits: number,
  target: Target,
  context: LowerContext,
): void {
  const { batch, m, n } = product;
  const partial = context.temp(f32(splits, ...batch, m, n));
  context.emit(tileKernel(product, shape, into(partial), splits));
  context.emit(sumOfParts(product, partial, splits, target, Math.min(64, context.traits.maxInvocations)));
}

function sumOfParts(product: Product, partial: Value, splits: number, target: Target, invocations: number): Kernel {
  const { batch, m, n } = product;
  const width = n % 4 === 0 ? 4 : 1;
  const count = (numel(batch) * m * n) / width;
  const { groups, linear } = spread(Math.ceil(count / invocations));
  return {
    label: `${label(product)}: sum of ${splits} parts`,
    reads: [partial, ...target.reads],
    writes: target.writes,
    workgroup: [invocations, 1, 1],
    groups,
    body: (io) => {
      const load = (at: string) => (width === 4 ? io.load4(partial, at) : io.load(partial, at));
      const place = { flat: "i", row: "row", column: "column" };
      return {
        main: [
          `let i = ${linear} * ${invocations}u + lane;`,
          `if (i >= ${count}u) { return; }`,
          `var total = ${load("i")};`,
          `for (var part = 1u; part < ${splits}u; part++) { total += ${load(`part * ${count}u + i`)}; }`,
          `let row = i / ${n / width}u % ${m}u;`,
          `let column = i % ${n / width}u * ${width}u;`,
          width === 4 ? target.store4(io, place, "total") : target.store(io, place, "total"),
        ].join("\n"),
      };
    },
  };
}
