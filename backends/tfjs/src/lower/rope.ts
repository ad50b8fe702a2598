// rope: the halves of each head swapped by one kernel, and two products with tables that carry the signs.
import type { CompositeAttrs } from "@cambium/ir";
import { type Lowering, operand } from "./lowering.js";

export const rope: Lowering<CompositeAttrs<"rope">> = (context) => {
  const { kernels, attrs } = context;
  const [x, cos, sin] = [operand(context, 0), operand(context, 1), operand(context, 2)];
  const heads = attrs.heads;
  const [batch, length, width] = x.shape as [number, number, number];
  const half = width / heads / 2;
  const column = (table: typeof x) => kernels.reshape(table, [length, 1, 1, half]);
  /** [context, heads · headDim]: as wide as a row of x, so that it stretches over the batch alone. */
  const table = (first: typeof x, second: typeof x) =>
    kernels.reshape(kernels.broadcast(kernels.concat([column(first), column(second)], 2), [length, heads, 2, half]), [
      length * width,
    ]);
  const minus = kernels.unary("Neg", sin);
  const [cosines, sines] = [table(cos, cos), attrs.inverse ? table(sin, minus) : table(minus, sin)];
  const flat = kernels.reshape(x, [batch, length * width]);
  const swapped = kernels.reshape(
    kernels.reverse(kernels.reshape(x, [batch * length * heads, 2, half]), 1),
    flat.shape,
  );
  const turned = kernels.binary(
    "Add",
    kernels.binary("Multiply", flat, cosines),
    kernels.binary("Multiply", swapped, sines),
  );
  return kernels.reshape(turned, x.shape);
};
