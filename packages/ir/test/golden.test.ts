// Every op's values and gradients against PyTorch in float64 (tools/golden/ops.py).
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  composites,
  differentiate,
  evaluate,
  gradientName,
  primitives,
  type RefTensor,
  sampleGradients,
  sampleGraph,
  sampleLoss,
  sampleLossInputs,
} from "../src/index.js";

/** A number; as JSON has neither, ±∞ and NaN are strings. */
type Written = number | string;

interface Golden {
  readonly outputs: readonly (readonly Written[])[];
  readonly gradients?: readonly (readonly Written[])[];
}

const { ops } = JSON.parse(readFileSync(new URL("golden/ops.json", import.meta.url), "utf8")) as {
  readonly ops: Readonly<Record<string, readonly Golden[]>>;
};
const all = { ...primitives, ...composites };

/** Golden values have 14 digits. Composites hold constants (eps, 1/√d, β) as f32, each off by up to 6e-8. */
const tolerance = { primitive: 1e-12, composite: 3e-7 };

test("every op has golden values, except gradient ops that take a statistic as input", () => {
  const missing = Object.keys(all).filter((name) => !(name in ops));
  expect(missing).toEqual(["causalAttentionGrad", "linearCrossEntropyGrad", "rmsNormGrad"]);
});

describe.each(Object.entries(ops))("%s", (name, goldens) => {
  const { op } = all[name as keyof typeof all];
  const close = (got: RefTensor | undefined, written: readonly Written[], label: string) => {
    const want = written.map(Number);
    expect(got?.data.length, label).toBe(want.length);
    const allowed = tolerance[op.kind] * Math.max(1, ...want.filter(Number.isFinite).map(Math.abs));
    want.forEach((x, i) => {
      if (Number.isFinite(x))
        expect(Math.abs((got?.data[i] as number) - x), `${label}[${i}]`).toBeLessThanOrEqual(allowed);
      else expect(got?.data[i], `${label}[${i}]`).toBe(x);
    });
  };

  test("a golden entry for each sample", () => expect(goldens.length).toBe(op.samples.length));

  test.each(goldens.map((golden, i) => [i, golden] as const))("sample %i", (i, golden) => {
    const sample = op.samples[i];
    if (!sample) return expect.unreachable("more golden entries than samples");
    const inputs = sampleLossInputs(op, sample, `${name}/${i}`);
    const outputs = evaluate(sampleGraph(op, sample), inputs, { precision: "f64" });
    golden.outputs.forEach((want, k) => close(outputs[`y${k}`], want, `y${k}`));
    const by = sampleGradients(op, sample);
    for (const decomposed of golden.gradients ? [false, true] : []) {
      const gradients = evaluate(differentiate(sampleLoss(op, sample), { of: "loss", by, decomposed }), inputs, {
        precision: "f64",
      });
      golden.gradients?.forEach((want, k) =>
        close(gradients[gradientName(by[k] as string)], want, `gradient by ${by[k]}`),
      );
    }
  });
});
