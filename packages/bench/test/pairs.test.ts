// What comparing two results leaves out is said, and why data is no result.
import { expect, test } from "vitest";
import { differences, leftOut, pairsBetween } from "../src/pairs.js";
import { type BenchDocument, benchProblem, type Row } from "../src/result.js";

const row = (name: string, more: Partial<Row> = {}) =>
  ({ suite: "gemm", case: name, backend: "a", unit: "GFLOPS", samples: [1], parity: { agrees: true }, ...more }) as Row;
const result = (rows: readonly Row[], more: object = {}) =>
  ({
    rows,
    environment: { cpu: "one", cores: 2, load: [0], hash: "1", backends: [], ...more },
  }) as unknown as BenchDocument;

test("only rows that both have, that count and that have one unit are compared; the others are named", () => {
  const first = result(["both", "alone", "unit", "wrong", "empty", "zero"].map((name) => row(name)));
  const second = result([
    ...[row("both"), row("unit", { unit: "s" }), row("wrong", { parity: { agrees: false } as Row["parity"] })],
    ...[row("empty", { samples: [] }), row("zero", { samples: [1, 0] }), row("new")],
  ]);
  expect(pairsBetween(first, second).map((pair) => pair.first.case)).toEqual(["both"]);
  expect(leftOut(first, second)).toEqual([
    "only in the first: gemm alone, a",
    "only in the second: gemm new, a",
    "left out: a row does not count or has no samples: gemm wrong, a; gemm empty, a; gemm zero, a",
    "left out: the units differ: gemm unit, a",
  ]);
  expect(leftOut(first, first)).toEqual([]);
});

test("what differs between two environments is named", () => {
  const backends = (version: string) => [{ name: "a", version, device: "d" }];
  const [first, second] = [
    result([], { backends: backends("1") }),
    result([], { hash: "2", cpu: "two", backends: backends("2") }),
  ];
  expect(differences(first, second)).toEqual([expect.stringMatching(/cpu: one, then two; a: 1, d, then 2, d$/)]);
  expect(differences(first, first)).toEqual([]);
});

test("data that is no result is told apart", () => {
  expect(benchProblem(undefined)).toBe("no object");
  expect(benchProblem({ schema: "cambium-bench/9" })).toBe("the schema cambium-bench/9");
  expect(benchProblem({ schema: "cambium-bench/3", rows: 1 })).toMatch(/^at \w+: /);
});
