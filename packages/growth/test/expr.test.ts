// Expressions against an oracle that computes each entry from its indices, whole and in blocks of rows.
import {
  affine,
  concat,
  constant,
  copy,
  type Expr,
  fit,
  given,
  matmul,
  normal,
  scale,
  sourcesOf,
  substitute,
  sum,
  take,
  zeros,
} from "@cambium/growth";
import { Random } from "@cambium/ir";
import { type ParameterSpec, parameterTable } from "@cambium/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileTyped } from "../src/evaluate/compile.js";
import { hostRows } from "../src/evaluate/host.js";
import type { TensorScope } from "../src/evaluate/value.js";
import { inferTensor } from "../src/expr/infer.js";
import { exprSchema } from "../src/expr/schema.js";
import { config, weights } from "./support.js";

const table = new Map(parameterTable(config()).map((spec) => [spec.name, spec]));
const held = weights(config());
const query = "model.layers.0.self_attn.q_proj.weight"; // [2 heads × 6, 8 hidden]

/** An expression with its expected entries. */
interface Known {
  readonly expr: Expr;
  readonly shape: readonly [number, number];
  readonly heads: boolean;
  at(i: number, j: number): number;
}

/** Draws from a tape of numbers, so that failures shrink with the tape. */
function draw(tape: readonly number[]) {
  let position = 0;
  const pick = (n: number) => (tape[position++ % tape.length] as number) % n;
  const factor = () => (pick(7) - 3) / 2;
  const copied = (): Known => {
    const { data } = held[query]!;
    return { expr: copy(query), shape: [12, 8], heads: true, at: (i, j) => data[i * 8 + j] as number };
  };
  const leaf = (shape: readonly [number, number]): Known => {
    const std = factor();
    const noise = new Float64Array(shape[0] * shape[1]);
    new Random("oracle").noise(noise, 0, Math.abs(std));
    const kinds: Known[] = [
      { expr: zeros(shape), shape, heads: false, at: () => 0 },
      { expr: constant(shape, std), shape, heads: false, at: () => std },
      {
        expr: normal(shape, Math.abs(std), "oracle"),
        shape,
        heads: false,
        at: (i, j) => noise[i * shape[1] + j] as number,
      },
    ];
    return kinds[pick(3)] as Known;
  };
  const taken = (of: Known): Known => {
    const dimension = pick(2);
    const named = dimension === 0 && of.heads && of.shape[0] % 6 === 0 && pick(2) === 0;
    const unit = named ? 6 : 1;
    const size = of.shape[dimension] as number;
    const indices = Array.from({ length: 1 + pick(named ? 3 : 9) }, () => pick(size / unit + 1) - 1);
    const rows = (i: number) =>
      indices[Math.floor(i / unit)]! < 0 ? -1 : indices[Math.floor(i / unit)]! * unit + (i % unit);
    const shape = of.shape.with(dimension, indices.length * unit) as [number, number];
    const factors = indices.map(factor);
    const elements = leaf(shape);
    const [scales, by] = (
      [
        [undefined, () => 1],
        [factors[0], () => factors[0]],
        [factors, (i: number, j: number) => factors[Math.floor((dimension === 0 ? i : j) / unit)]],
        [elements.expr, elements.at],
      ] as const
    )[pick(4)] as readonly [number | number[] | Expr | undefined, (i: number, j: number) => number];
    return {
      expr: take(of.expr, named ? "heads" : dimension, indices, scales),
      shape,
      heads: of.heads,
      at: (i, j) => {
        const [row, column] = dimension === 0 ? [rows(i), j] : [i, rows(j)];
        return row < 0 || column < 0 ? 0 : of.at(row, column) * by(i, j);
      },
    };
  };
  const joined = (a: Known): Known => {
    const dimension = pick(2);
    const b = leaf(a.shape.with(dimension, 1 + pick(4)) as [number, number]);
    const [n] = [a.shape[dimension] as number];
    const at = (i: number, j: number) => {
      const k = dimension === 0 ? i : j;
      if (k < n) return a.at(i, j);
      return dimension === 0 ? b.at(i - n, j) : b.at(i, j - n);
    };
    return {
      expr: concat(dimension, [a.expr, b.expr]),
      shape: a.shape.with(dimension, n + b.shape[dimension]!) as [number, number],
      heads: false,
      at,
    };
  };
  const summed = (a: Known): Known => {
    const b = leaf(a.shape);
    const [x, y] = [factor(), factor()];
    const forms: Known[] = [
      { ...a, expr: scale(a.expr, x), at: (i, j) => x * a.at(i, j) },
      { ...a, expr: sum([a.expr, b.expr, a.expr]), at: (i, j) => a.at(i, j) + b.at(i, j) + a.at(i, j) },
      { ...a, expr: affine(x, a.expr, y, b.expr), at: (i, j) => x * a.at(i, j) + y * b.at(i, j) },
    ];
    return forms[pick(3)] as Known;
  };
  const multiplied = (a: Known): Known => {
    const [left, right] = [pick(2) === 1, pick(2) === 1];
    const inner = left ? a.shape[0] : a.shape[1];
    const rows = left ? a.shape[1] : a.shape[0];
    const columns = 1 + pick(3);
    const b = leaf(right ? [columns, inner] : [inner, columns]);
    const at = (i: number, j: number) => {
      let total = 0;
      for (let k = 0; k < inner; k++) total += (left ? a.at(k, i) : a.at(i, k)) * (right ? b.at(j, k) : b.at(k, j));
      return total;
    };
    return { expr: matmul(a.expr, b.expr, { left, right }), shape: [rows, columns], heads: false, at };
  };
  const depth = 1 + pick(4);
  let known = pick(4) === 0 ? leaf([1 + pick(5), 1 + pick(5)]) : copied();
  for (let i = 0; i < depth; i++)
    known = ([taken, taken, joined, summed, multiplied][pick(5)] as (of: Known) => Known)(known);
  return known;
}

function compiled(
  expr: Expr,
  spec: Pick<ParameterSpec, "shape"> & Partial<ParameterSpec>,
  { base = table, ...scope }: Partial<TensorScope> & { readonly base?: ReadonlyMap<string, ParameterSpec> } = {},
) {
  const reasons: string[] = [];
  const typed = inferTensor({ name: "x", axes: [], kind: "linear", ...spec }, expr, {
    base,
    mode: "value",
    complain: ({ message }) => reasons.push(message),
  });
  const read = (name: string, start: number, end: number) => hostRows(held[name]!, start, end);
  return { value: typed && compileTyped(typed, { read, found: "init", power: 1, ...scope }), reasons };
}

const tapes = fc.array(fc.nat(1 << 20), { minLength: 8, maxLength: 40 });

describe("evaluation", () => {
  test("equals the oracle entry by entry, and in blocks of rows the same bits", async () => {
    await fc.assert(
      fc.asyncProperty(tapes, fc.nat(), fc.nat(), async (tape, a, b) => {
        const { expr, shape, at } = draw(tape);
        const { value, reasons } = compiled(expr, { shape });
        expect(reasons).toEqual([]);
        const [m, n] = shape;
        const whole = await value!.rows(0, m);
        expect(whole.length).toBe(m * n);
        // float64 throughout. The bound allows for products that add in another order.
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++) expect(Math.abs(whole[i * n + j]! - at(i, j))).toBeLessThan(1e-12);
        const [start, end] = [a % (m + 1), b % (m + 1)].sort((x, y) => x - y) as [number, number];
        expect(await value!.rows(start, end)).toEqual(whole.slice(start * n, end * n));
      }),
      { numRuns: 300 },
    );
  });

  test("vectors, and a matrix times a vector", async () => {
    const norm = "model.norm.weight";
    const { data } = held[norm]!;
    const twice = compiled(take(copy(norm), "hidden", [...Array(8).keys(), 0, -1]), { shape: [10] });
    expect([...(await twice.value!.rows(0, 10))]).toEqual([...data, data[0], 0]);
    const summing = compiled(matmul(constant([2, 8], 1), copy(norm)), { shape: [2] });
    const total = data.reduce((x, y) => x + y, 0);
    expect([...(await summing.value!.rows(0, 2))].every((x) => Math.abs(x - total) < 1e-6)).toBe(true);
  });

  test("a third dimension keeps its place", async () => {
    const cube: ParameterSpec = { name: "experts", shape: [2, 3, 2], axes: [], kind: "linear" };
    const read = (_: string, start: number, end: number) =>
      Float64Array.from({ length: (end - start) * 6 }, (_v, i) => start * 6 + i);
    const scope = { base: new Map([["experts", cube]]), read };
    const middle = compiled(take(copy("experts"), 1, [2, -1, 0], [1, 1, 10]), { shape: [2, 3, 2] }, scope);
    expect([...(await middle.value!.rows(0, 2))]).toEqual([4, 5, 0, 0, 0, 10, 10, 11, 0, 0, 60, 70]);
    const last = compiled(concat(2, [copy("experts"), take(copy("experts"), 2, [0])]), { shape: [2, 3, 3] }, scope);
    expect([...(await last.value!.rows(1, 2))]).toEqual([6, 7, 6, 8, 9, 8, 10, 11, 10]);
  });

  test("an expression without names of its own takes those of the tensor it stands for", () => {
    const spec = table.get(query)!;
    expect(compiled(take(zeros([6, 8]), "heads", [0, -1]), spec).reasons).toEqual([]);
    expect(
      compiled(concat("hidden", [zeros([12, 3]), take(copy(query), "hidden", [0, 1, 2, 3, 4])]), spec).reasons,
    ).toEqual([]);
    expect(compiled(concat("hidden", [zeros([12, 3]), zeros([12, 5])]), { shape: [12, 8] }).reasons).toEqual([
      'no dimension is named "hidden"',
    ]);
  });

  test("a fitted tensor is read from `found`, or is the start of its fit", async () => {
    const expr = given("map", [2, 2], fit(constant([2, 2], 3)));
    expect([...(await compiled(expr, { shape: [2, 2] }).value!.rows(0, 2))]).toEqual([3, 3, 3, 3]);
    const fitted = (name: string, start: number, end: number) => new Float64Array((end - start) * 2).fill(name.length);
    expect([...(await compiled(expr, { shape: [2, 2] }, { found: fitted }).value!.rows(1, 2))]).toEqual([3, 3]);
    expect(compiled(given("map", [2, 3], fit(constant([2, 2], 3))), { shape: [2, 2] }).reasons).toEqual([
      'the start of "map" does not fit it',
    ]);
  });
});

test("a one-hot map equals a take, and a one-hot mixture of layers a copy (LiGO)", async () => {
  const rows = [1, 0, 1, 11, 5];
  const selection = (name: string, start: number, end: number) => {
    expect(name).toBe("selection");
    return Float64Array.from({ length: (end - start) * 12 }, (_, i) =>
      i % 12 === rows[start + Math.floor(i / 12)] ? 1 : 0,
    );
  };
  const map = given("selection", [5, 12], fit(zeros([5, 12])));
  const mapped = compiled(matmul(map, copy(query)), { shape: [5, 8] }, { found: selection }).value;
  const taken = compiled(take(copy(query), 0, rows), { shape: [5, 8] }).value;
  expect(await mapped?.rows(0, 5)).toEqual(await taken?.rows(0, 5));

  const mixture = sum([scale(copy(query), 1), scale(copy(query), 0)]);
  const [mixed, copied] = [mixture, copy(query)].map((expr) => compiled(expr, { shape: [12, 8] }).value);
  expect(await mixed?.rows(0, 12)).toEqual(await copied?.rows(0, 12));
});

test.each<[string, Expr, number[]]>([
  ['reads "nothing"', copy("nothing"), [1]],
  ["index out of range", take(copy(query), "heads", [2]), [6, 8]],
  ["index out of range", take(copy(query), 1, [0, -2]), [12, 2]],
  ["no dimension is named", take(copy(query), "kvHeads", [0]), [6, 8]],
  ["no dimension is named", take(copy(query), "layers", [0]), [6, 8]],
  ["has no dimension 2", take(copy(query), 2, [0]), [12, 8]],
  ["factors do not match", take(copy(query), "heads", [0, 1], [1]), [12, 8]],
  ["a factor per element", take(copy(query), "heads", [0, 1], constant([12, 7], 1)), [12, 8]],
  ["parts joined along", concat(0, [copy(query), zeros([1, 7])]), [13, 8]],
  ["terms of a sum", sum([copy(query), zeros([8, 12])]), [12, 8]],
  ["terms of a sum", affine(1, copy(query), 1, zeros([12])), [12, 8]],
  ["factors of a matrix product", matmul(copy(query), zeros([12, 2])), [12, 2]],
  ["factors of a matrix product", matmul(copy("model.norm.weight"), zeros([8, 2])), [2]],
  ["has the wrong shape", copy(query), [12, 9]],
])("invalid: %s", (message, expr, shape) => {
  const { value, reasons } = compiled(expr, { shape });
  expect(value).toBeUndefined();
  expect(reasons).toHaveLength(1);
  expect(reasons[0]).toContain(message);
});

test("every reason is found, not only the first", () => {
  const { reasons } = compiled(sum([copy("a"), take(copy("b"), 0, [0]), scale(copy("c"), 2)]), { shape: [1] });
  expect(reasons).toHaveLength(3);
});

describe("JSON", () => {
  test("round trip", () => {
    fc.assert(
      fc.property(tapes, (tape) => {
        const { expr } = draw(tape);
        expect(exprSchema().parse(JSON.parse(JSON.stringify(expr)))).toEqual(expr);
      }),
    );
    const expr = given("map", [2], fit(normal([2], 1, "s")));
    expect(exprSchema().parse(JSON.parse(JSON.stringify(expr)))).toEqual(expr);
  });

  test.each([
    null,
    {},
    { kind: "steal", source: "x" },
    { kind: "copy" },
    { kind: "copy", source: "x", also: 1 },
    { kind: "zeros", shape: [-1] },
    { kind: "zeros", shape: [1.5] },
    { kind: "scale", of: { kind: "copy", source: "x" }, by: null },
    { kind: "take", of: { kind: "copy", source: "x" }, axis: "rows", indices: [0] },
    { kind: "take", of: { kind: "copy", source: "x" }, axis: "heads", indices: [-2] },
    { kind: "take", of: { kind: "copy", source: "x" }, axis: "heads", indices: [0], scale: ["1"] },
    { kind: "sum", terms: [] },
    { kind: "sum", terms: [{ kind: "copy", source: 1 }] },
  ])("refuses %j", (json) => {
    expect(exprSchema().safeParse(json).success).toBe(false);
  });
});

test("substitution reaches every source, and sources are listed in order of use", () => {
  const expr = affine(
    1,
    take(copy("a"), 0, [0], copy("b")),
    2,
    matmul(copy("c"), sum([copy("a"), given("l", [1], fit(copy("d")))])),
  );
  expect(sourcesOf(expr)).toEqual(["a", "b", "c", "d"]);
  expect(sourcesOf(substitute(expr, (name) => copy(name.toUpperCase())))).toEqual(["A", "B", "C", "D"]);
});
