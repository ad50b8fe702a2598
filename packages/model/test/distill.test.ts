// The distillation loss against its formula over both models' logits, and its gradient against finite differences, in
// float64.
import { differentiate, evaluate, gradientName, type HostTensor, hostTensor, Random } from "@cambium/ir";
import { expect, test } from "vitest";
import {
  type Distillation,
  distillationGraph,
  distillationReasons,
  initParameters,
  llama,
  logitsGraph,
  lossGraph,
  type ModelSpec,
  modelSpec,
  parameterTable,
  qwen3,
  teacherName,
} from "../src/index.js";

const sizes = { vocab: 13, intermediate: 10, heads: 2, kvHeads: 1, contextLength: 8 };
const student = modelSpec(llama, { ...sizes, hidden: 8, layers: 2 });
const teachers: [string, ModelSpec][] = [
  ["a smaller one", modelSpec(llama, { ...sizes, hidden: 4, layers: 1, headDim: 2 })],
  ["a tied one of another family", modelSpec(qwen3, { ...sizes, hidden: 8, layers: 1, headDim: 4, tied: true })],
];
const size = { batch: 2, context: 5 };

/** Large enough that predictions differ. */
function parametersOf(model: ModelSpec, seed: string): Record<string, HostTensor> {
  const drawn = initParameters(model, { seed, scheme: "hf" });
  return Object.fromEntries(
    Object.entries(drawn).map(([name, { shape, data }]) => [
      name,
      hostTensor(
        "f32",
        shape,
        data.map((x) => 10 * x),
      ),
    ]),
  );
}

const random = new Random("tokens");
const tokens = hostTensor(
  "i32",
  [2, 6],
  Int32Array.from({ length: 12 }, (_, i) => Math.floor(13 * random.uniform(i))),
);

function inputsOf(teacher: ModelSpec, seed = "teacher") {
  const taught = Object.entries(parametersOf(teacher, seed)).map(([name, tensor]) => [teacherName(name), tensor]);
  return { ...parametersOf(student, "student"), ...Object.fromEntries(taught), tokens };
}

function run(graph: Parameters<typeof evaluate>[0], inputs: Readonly<Record<string, HostTensor>>) {
  return evaluate(graph, inputs, { precision: "f64" });
}

function logSoftmax(logits: readonly number[]): number[] {
  const peak = Math.max(...logits);
  const sum = Math.log(logits.reduce((total, x) => total + Math.exp(x - peak), 0));
  return logits.map((x) => x - peak - sum);
}

/** Rows of the model's logits, by a graph of its own. */
function logitsOf(model: ModelSpec, seed: string): number[][] {
  const given = hostTensor(
    "i32",
    [2, 5],
    [0, 1].flatMap((row) => [...tokens.data].slice(6 * row, 6 * row + 5)),
  );
  const { logits } = run(logitsGraph(model, size), { ...parametersOf(model, seed), tokens: given });
  const all = [...(logits?.data ?? [])];
  return Array.from({ length: 10 }, (_, row) => all.slice(13 * row, 13 * row + 13));
}

/** Numbers that are exact in f32, as a graph's constants are f32. */
const mixes = [
  { weight: 0.25, temperature: 2 },
  { weight: 1, temperature: 1 },
];

test.each(teachers)("from %s is (1 − w) CE + w T² KL", (_, teacher) => {
  for (const { weight, temperature } of mixes) {
    const graph = distillationGraph(student, size, { teacher, weight, temperature });
    const { loss, distilledLoss } = run(graph, inputsOf(teacher));
    const { loss: plain } = run(lossGraph(student, size), { ...parametersOf(student, "student"), tokens });
    const soft = (rows: readonly number[][]) => rows.map((row) => logSoftmax(row.map((x) => x / temperature)));
    const [taught, own] = [soft(logitsOf(teacher, "teacher")), soft(logitsOf(student, "student"))];
    const kl = taught.flatMap((row, i) => row.map((p, k) => Math.exp(p) * (p - (own[i]?.[k] ?? 0))));
    const distance = kl.reduce((sum, x) => sum + x, 0) / taught.length;
    const expected = (1 - weight) * (plain?.data[0] as number) + weight * temperature ** 2 * distance;
    expect(distance).toBeGreaterThan(0.01);
    // Sums of a hundred terms near 1 in float64.
    expect(loss?.data[0]).toBeCloseTo(plain?.data[0] as number, 12);
    expect(distilledLoss?.data[0]).toBeCloseTo(expected, 12);
  }
});

test("its gradient equals finite differences", () => {
  const [, teacher] = teachers[0] as [string, ModelSpec];
  for (const mix of mixes) {
    const graph = distillationGraph(student, size, { teacher, ...mix });
    const names = parameterTable(student).map(({ name }) => name);
    const inputs = inputsOf(teacher);
    // f32 holds it beside weights below 4. Roundings of the losses give the quotient an error near 1e-9; gradient rules
    // hold constants such as 1/√d as f32, each off by 6e-8.
    const step = 2 ** -20;
    for (const [i, name] of names.entries()) {
      const tensor = inputs[name] as HostTensor<"f32">;
      const at = (7 * i) % tensor.data.length;
      const held = Math.round((tensor.data[at] as number) / step) * step;
      const nudged = (by: number) => {
        const data = Float32Array.from(tensor.data);
        data[at] = held + by;
        return { ...inputs, [name]: hostTensor("f32", tensor.shape, data) };
      };
      const [more, less] = [step, -step].map((by) => run(graph, nudged(by))["distilledLoss"]?.data[0] as number);
      const here = run(differentiate(graph, { of: "distilledLoss", by: [name] }), nudged(0));
      const quotient = ((more as number) - (less as number)) / (2 * step);
      const gradient = here[gradientName(name)]?.data[at] as number;
      expect(Math.abs(gradient - quotient), name).toBeLessThan(3e-7 * Math.max(1, Math.abs(quotient)));
    }
  }
});

test("a teacher equal to the student gives a distance and a gradient of exactly 0", () => {
  const graph = distillationGraph(student, size, { teacher: student, weight: 1, temperature: 3 });
  const names = parameterTable(student).map(({ name }) => name);
  const both = differentiate(graph, { of: "distilledLoss", by: names });
  for (const precision of ["f32", "f64"] as const) {
    const found = evaluate(both, inputsOf(student, "student"), { precision });
    expect(found["distilledLoss"]?.data[0]).toBe(0);
    for (const name of names) expect([...(found[gradientName(name)]?.data ?? [1])].every((x) => x === 0)).toBe(true);
  }
});

test("a teacher that cannot be learned from is refused with every reason at once", () => {
  const teacher = modelSpec(llama, { ...sizes, vocab: 12, contextLength: 4, hidden: 4, layers: 1 });
  const wrong: Distillation = { teacher, weight: 0, temperature: Number.POSITIVE_INFINITY };
  expect(distillationReasons(wrong, student, 5).map(({ where }) => where)).toEqual([
    ...["distill / teacher", "distill / teacher", "distill / weight", "distill / temperature"],
  ]);
});
