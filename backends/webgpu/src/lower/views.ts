// Views: ops that move elements without arithmetic; each reads its input at another place.
import {
  concat,
  constant,
  type HostTensor,
  iota,
  type Node,
  normalizeAxis,
  numel,
  pad,
  refTensor,
  slice,
  transpose,
  type Value,
} from "@cambium/ir";
import { Index, plus } from "../wgsl/index-map.js";
import { literal, spellable } from "../wgsl/literal.js";
import type { InlineLowering } from "./lowering.js";

function view(element: InlineLowering["element"]): InlineLowering {
  return { kind: "inline", view: true, element };
}

export const viewLowerings = {
  after: view((node, at, code) => code.eval(node.inputs[0] as Value, at)),
  broadcast: view((node, at, code) => {
    const [x] = node.inputs as readonly [Value];
    return code.eval(x, at.stretched(x.type.shape, code));
  }),
  concat: {
    kind: "inline",
    element: (node, at, code) => {
      const axis = normalizeAxis(concat.attrsOf(node).axis, at.shape.length);
      const coords = at.coords(code);
      const along = coords[axis] as string;
      let from = 0;
      const parts = node.inputs.map((input) => {
        const size = input.type.shape[axis] as number;
        // Every part is read, within its bounds; only the right one is selected.
        const inside =
          from === 0 ? `min(${along}, ${size - 1}u)` : `clamp(${along}, ${from}u, ${from + size - 1}u) - ${from}u`;
        const place = coords.map((coord, i) =>
          i === axis ? code.define(node.inputs.length === 1 ? coord : inside) : coord,
        );
        const start = from;
        from += size;
        return { start, element: code.eval(input, Index.at(input.type.shape, place)) };
      });
      return parts
        .map(({ element }) => element)
        .reduce((before, element, i) => {
          return code.define(`select(${before}, ${element}, ${along} >= ${parts[i]?.start}u)`);
        });
    },
  } satisfies InlineLowering,
  constant: view(literalOf),
  gather: view((node, at, code) => {
    const [table, indices] = node.inputs as readonly [Value, Value];
    const lead = indices.type.shape.length;
    const coords = at.coords(code);
    const row = code.eval(indices, Index.at(indices.type.shape, coords.slice(0, lead)));
    return code.eval(table, Index.at(table.type.shape, [code.define(`u32(${row})`), ...coords.slice(lead)]));
  }),
  iota: view((node, at, code) => {
    const axis = normalizeAxis(iota.attrsOf(node).axis, at.shape.length);
    return `i32(${at.coords(code)[axis]})`;
  }),
  pad: {
    kind: "inline",
    element: (node, at, code) => {
      const [x] = node.inputs as readonly [Value];
      const { before, after } = pad.attrsOf(node);
      const { dtype, shape } = x.type;
      const tests: string[] = [];
      const place = at.coords(code).map((coord, axis) => {
        const [from, size] = [before[axis] as number, shape[axis] as number];
        if (from === 0 && after[axis] === 0) return coord;
        tests.push(`${coord} - ${from}u < ${size}u`);
        return code.define(`min(${coord} - ${from}u, ${size - 1}u)`);
      });
      const element = code.eval(x, Index.at(shape, place));
      return tests.length === 0 ? element : `select(${literal(0, dtype)}, ${element}, ${tests.join(" && ")})`;
    },
  } satisfies InlineLowering,
  reshape: view((node, at, code) => {
    const [x] = node.inputs as readonly [Value];
    return code.eval(x, at.reshape(x.type.shape, code));
  }),
  slice: view((node, at, code) => {
    const [x] = node.inputs as readonly [Value];
    const { start } = slice.attrsOf(node);
    const place = at.coords(code).map((coord, axis) => plus(coord, start[axis] as number));
    return code.eval(x, Index.at(x.type.shape, place));
  }),
  transpose: view((node, at, code) => {
    const [x] = node.inputs as readonly [Value];
    const { permutation } = transpose.attrsOf(node);
    const coords = at.coords(code);
    const place = x.type.shape.map((_, axis) => coords[permutation.indexOf(axis)] as string);
    return code.eval(x, Index.at(x.type.shape, place));
  }),
} as const;

/** Whether a constant is a literal in kernels; other constants are in memory. */
export function isLiteral(host: HostTensor): boolean {
  return numel(host.shape) === 1 && spellable(refTensor(host).data[0] as number);
}

/** The literal of a constant node of one element. */
export function literalOf(node: Node): string {
  const { data, type } = refTensor(constant.attrsOf(node).value);
  return literal(data[0] as number, type.dtype);
}
