// Tensors one after the other along an axis.
import type { Concat } from "../expr/expr.js";
import { type Compile, dimensionOf, type Label, rowLength, type Value } from "./value.js";

export const compileConcat: Compile<Concat> = (expr, scope, hint) => {
  const compiled = expr.parts.map((part) => scope.compile(part, scope, hint));
  if (!compiled.every((part) => part !== undefined)) return undefined;
  const [first] = compiled as [Value];
  const labels: Label[] = first.labels.map((_, i) => compiled.find((part) => part.labels[i])?.labels[i] ?? null);
  const dimension = dimensionOf({ shape: first.shape, labels }, expr.axis, scope);
  if (!dimension) return undefined;
  const { at } = dimension;
  const rest = (shape: readonly number[]) => `${shape.map((n, i) => (i === at ? "·" : n))}`;
  const misfit = compiled.find(({ shape }) => rest(shape) !== rest(first.shape));
  if (misfit) {
    const [expected, got] = [`[${rest(first.shape)}]`, `[${rest(misfit.shape)}]`];
    scope.complain({ message: `parts joined along "${expr.axis}" differ elsewhere`, expected, got });
    return undefined;
  }
  const size = compiled.reduce((total, { shape }) => total + (shape[at] as number), 0);
  const shape = first.shape.with(at, size);
  return { shape, labels, rows: at === 0 ? joinRows(compiled) : joinInner(compiled, at, size) };
};

function joinRows(parts: readonly Value[]): Value["rows"] {
  return async (start, end) => {
    const width = rowLength((parts[0] as Value).shape);
    const out = new Float64Array((end - start) * width);
    let offset = 0;
    for (const part of parts) {
      const count = part.shape[0] as number;
      const from = Math.max(start, offset);
      const to = Math.min(end, offset + count);
      if (from < to) out.set(await part.rows(from - offset, to - offset), (from - start) * width);
      offset += count;
    }
    return out;
  };
}

function joinInner(parts: readonly Value[], at: number, size: number): Value["rows"] {
  return async (start, end) => {
    const inner = rowLength((parts[0] as Value).shape.slice(at));
    const outer = (end - start) * (parts[0] as Value).shape.slice(1, at).reduce((product, n) => product * n, 1);
    const out = new Float64Array(outer * size * inner);
    let offset = 0;
    for (const part of parts) {
      const rows = await part.rows(start, end);
      const length = (part.shape[at] as number) * inner;
      for (let o = 0; o < outer; o++) out.set(rows.subarray(o * length, (o + 1) * length), o * size * inner + offset);
      offset += length;
    }
    return out;
  };
}
