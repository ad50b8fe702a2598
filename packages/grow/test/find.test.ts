// Finding what plans declare: a fit like LiGO's, measurements like GradMax's, against losses and gradients made apart.
import { referenceBackend } from "@cambium/backend";
import {
  affine,
  checkPlan,
  concat,
  constant,
  copy,
  defineOperator,
  type Expr,
  fit,
  type GrowthPlan,
  given,
  givenName,
  growState,
  matmul,
  measure,
  sum,
  take,
  zeros,
} from "@cambium/growth";
import {
  differentiate,
  evaluate,
  gradientName,
  graphCost,
  type HostTensor,
  hostTensor,
  numel,
  Random,
  type RefTensor,
  refTensor,
} from "@cambium/ir";
import { deepenedModel, llama, lossGraph, modelSpec, parameterTable } from "@cambium/model";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { find, findCost, grownLoss, growOnDevice, type Lab } from "../src/index.js";

const base = modelSpec(llama, {
  ...{ vocab: 11, hidden: 8, intermediate: 10, layers: 2, heads: 2, headDim: 4, contextLength: 8 },
});
const sizes = { batch: 2, context: 6 };

const one = constant([1, 1], 1);
const none = zeros([1, 1]);
/** [4, 2]: rows of the identity, as a stack has them. */
const stacked = concat(
  0,
  [0, 1, 0, 1].map((j) => concat(1, j === 0 ? [one, none] : [none, one])),
);

/** A matrix D [4, 2] in place of copies: target layer t is Σ_j D[t, j] · base layer j. D starts as a stack. */
const mixing = defineOperator({
  name: "mixing",
  version: "1.0.0",
  summary: "Every layer a fitted mixture of the base's (LiGO's depth matrices).",
  options: z.strictObject({ steps: z.int().positive().default(12), lr: z.number().default(0.1) }),
  target: (model) => deepenedModel(model, [0, 1, 0, 1]),
  plan: (_, target, rates) => {
    const depth = given("depth", [4, 2], fit(stacked, rates));
    const tensors = parameterTable(target).map(({ name, layer, shape }): [string, Expr] => {
      if (layer === undefined) return [name, copy(name)];
      const [rows = 1, columns] = shape;
      const all = Array.from({ length: rows }, (_, i) => i);
      /** D[t, j] in the tensor's shape. */
      const share = (j: number) => {
        const column = take(take(depth, 0, Array(rows).fill(layer)), 1, [j]);
        return columns === undefined ? matmul(column, constant([1], 1)) : take(column, 1, Array(columns).fill(0));
      };
      const from = (j: number) => copy(name.replace(`layers.${layer}.`, `layers.${j}.`));
      return [name, sum([0, 1].map((j) => take(from(j), 0, all, share(j))))];
    });
    return { tensors: Object.fromEntries(tensors) };
  },
});

const norm = "model.norm.weight";
const up = "model.layers.1.mlp.up_proj.weight";
const query = "model.layers.0.self_attn.q_proj.weight";
const down = "model.layers.1.mlp.down_proj.weight";

/** In place, but for what is measured: a step down the mean gradient, and a norm moved by the mean input of the first queries. */
const measuring = defineOperator({
  name: "measuring",
  version: "1.0.0",
  summary: "A measured gradient and a measured activation.",
  options: z.strictObject({ tokens: z.int().positive().default(30) }),
  target: (model) => model,
  plan: (model, _, { tokens }) => {
    const gradient = given("slope", [8, 10], measure("gradient", down, tokens));
    const input = given("input", [8], measure("activation", query, 1));
    const copies = Object.fromEntries(parameterTable(model).map(({ name }) => [name, copy(name)]));
    return {
      tensors: { ...copies, [down]: affine(1, copy(down), -0.5, gradient), [norm]: sum([copy(norm), input]) },
    };
  },
});

const parameters = Object.fromEntries(
  parameterTable(base).map(({ name, shape }) => {
    const data = new Float64Array(numel(shape));
    new Random(`find/${name}`).noise(data, 0, 0.4);
    return [name, hostTensor("f32", shape, Float32Array.from(data))];
  }),
);

/** A text that a model can learn: each token follows from the one before. */
function batchAt(index: number): Int32Array {
  const { batch, context } = sizes;
  return Int32Array.from({ length: batch * (context + 1) }, (_, i) => {
    const [row, column] = [Math.floor(i / (context + 1)), i % (context + 1)];
    return (3 * column + 5 * row + 7 * index) % 11;
  });
}

async function found(plan: GrowthPlan, read: number[] = []) {
  await using device = await referenceBackend.open();
  const held = Object.fromEntries(
    await Promise.all(Object.entries(parameters).map(async ([name, one]) => [name, await device.upload(one)] as const)),
  );
  const before = await device.memory();
  const lab: Lab = {
    device,
    parameters: held,
    ...sizes,
    batchAt: (i) => {
      read.push(i);
      return batchAt(i);
    },
  };
  const made = await find(plan, lab);
  const after = await device.memory();
  expect([after.tensors, after.executables]).toEqual([before.tensors, before.executables]);
  return made;
}

const tokensOf = (index: number) => refTensor(hostTensor("i32", [sizes.batch, sizes.context + 1], batchAt(index)));
const exact = Object.fromEntries(Object.entries(parameters).map(([name, one]) => [name, refTensor(one)]));

describe("a fit", () => {
  const plan = mixing.plan(base);
  const { graph } = grownLoss(plan, sizes);
  const lossAt = (depth: RefTensor, index = 0) =>
    evaluate(graph, { ...exact, [givenName("depth")]: depth, tokens: tokensOf(index) }, { precision: "f64" })["loss"]
      ?.data[0] as number;
  const start = refTensor(hostTensor("f32", [4, 2], [1, 0, 0, 1, 1, 0, 0, 1]));

  test("its loss is the grown model's", async () => {
    const state = { updates: 0, parameters, m: {}, v: {} };
    const depth = hostTensor("f32", [4, 2], [0.5, -1, 0.25, 1, 2, 0.5, -0.5, 1]);
    const grown = await growState(plan, state, { moments: "reset", found: { get: () => depth } });
    const held = Object.fromEntries(Object.entries(grown.parameters).map(([name, one]) => [name, refTensor(one)]));
    const loss = lossGraph(plan.target, { batch: sizes.batch, context: sizes.context });
    const expected = evaluate(loss, { ...held, tokens: tokensOf(0) }, { precision: "f64" })["loss"]?.data[0] as number;
    // The grown weights were rounded to f32 in between.
    expect(Math.abs(lossAt(refTensor(depth)) - expected)).toBeLessThan(1e-6);
  });

  test("the gradient by what is fitted equals finite differences", () => {
    const by = givenName("depth");
    const inputs = { ...exact, [by]: start, tokens: tokensOf(0) };
    const backward = differentiate(graph, { of: "loss", by: [by] });
    const gradient = (evaluate(backward, inputs, { precision: "f64" })[gradientName(by)] as RefTensor).data;
    expect(gradient.every((g) => Math.abs(g) > 1e-4)).toBe(true);
    gradient.forEach((g, i) => {
      const moved = (step: number) => {
        const data = start.data.slice();
        data[i] = (data[i] as number) + step;
        return lossAt({ ...start, data });
      };
      const step = 1e-5;
      expect(Math.abs(g - (moved(step) - moved(-step)) / (2 * step))).toBeLessThan(1e-8);
    });
  });

  test("lowers the loss, from a start that it leaves only by its steps, on batches in turn", async () => {
    const read: number[] = [];
    const { tensors, tokens, flops } = await found(plan, read);
    const depth = refTensor(tensors["depth"] as HostTensor);
    const mean = (at: RefTensor) => [0, 1, 2, 3].reduce((total, i) => total + lossAt(at, i) / 4, 0);
    expect(mean(depth)).toBeLessThan(mean(start) - 0.01);
    expect(read).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(tokens).toBe(12 * sizes.batch * sizes.context);
    const step = differentiate(graph, { of: "loss", by: [givenName("depth")] });
    expect(flops).toBe(12 * graphCost(step).matrixFlops);
    expect(findCost(plan, sizes)).toEqual({ tokens, flops });
    const short = await found(mixing.plan(base, { steps: 1, lr: 0.001 }));
    const moved = (short.tensors["depth"] as HostTensor<"f32">).data.map((x, i) =>
      Math.abs(x - (start.data[i] as number)),
    );
    // The first step of AdamW moves each entry by the learning rate.
    for (const by of moved) expect(Math.abs(by - 0.001)).toBeLessThan(1e-5);
  });

  test("ends in the same bits again, and growth with it in those of the host's", async () => {
    const [one, two] = [await found(plan), await found(plan)];
    expect(one).toEqual(two);
    const state = { updates: 0, parameters, m: {}, v: {} };
    const expected = await growState(plan, state, { moments: "reset", found: { get: (name) => one.tensors[name] } });
    await using device = await referenceBackend.open();
    const tensors: Lab["parameters"] = Object.fromEntries(
      await Promise.all(Object.entries(parameters).map(async ([name, x]) => [name, await device.upload(x)] as const)),
    );
    const grown = await growOnDevice(device, plan, { updates: 0, tensors }, { policy: "reset" }, one.tensors);
    for (const [name, tensor] of Object.entries(expected.parameters))
      expect(await device.download(grown.tensors[name] as never)).toEqual(tensor);
  });
});

describe("measurements", () => {
  test("are means over as many batches as the tokens take, read one after the other", async () => {
    const read: number[] = [];
    const { tensors, tokens } = await found(measuring.plan(base), read);
    // 30 tokens are three batches of 12; one token is one batch.
    expect(read).toEqual([0, 1, 2, 3]);
    expect(tokens).toBe(4 * 12);
    const loss = lossGraph(base, { batch: sizes.batch, context: sizes.context });
    const backward = differentiate(loss, { of: "loss", by: [down] });
    const gradients = [0, 1, 2].map(
      (i) =>
        (evaluate(backward, { ...exact, tokens: tokensOf(i) }, { precision: "f64" })[gradientName(down)] as RefTensor)
          .data,
    );
    (tensors["slope"] as HostTensor<"f32">).data.forEach((x, i) => {
      const mean = gradients.reduce((total, data) => total + (data[i] as number) / 3, 0);
      expect(Math.abs(x - mean)).toBeLessThan(1e-6);
    });
  });

  test("a step down the measured gradient lowers the base's loss", async () => {
    const plan = measuring.plan(base);
    const { tensors } = await found(plan);
    const state = { updates: 0, parameters, m: {}, v: {} };
    const grown = await growState(plan, state, { moments: "reset", found: { get: (name) => tensors[name] } });
    const loss = lossGraph(base, { batch: sizes.batch, context: sizes.context });
    const at = (held: Readonly<Record<string, RefTensor>>) =>
      [0, 1, 2].reduce((total, i) => {
        return (
          total +
          ((evaluate(loss, { ...held, tokens: tokensOf(i) }, { precision: "f64" })["loss"] as RefTensor)
            .data[0] as number)
        );
      }, 0);
    expect(at({ ...exact, [down]: refTensor(grown.parameters[down] as HostTensor) })).toBeLessThan(at(exact));
  });

  test("the mean input of the first layer's queries is the mean normed embedding of the tokens read", async () => {
    const { tensors } = await found(measuring.plan(base));
    const { batch, context } = sizes;
    const mean = new Float64Array(8);
    const table = exact["model.embed_tokens.weight"] as RefTensor;
    const weight = exact["model.layers.0.input_layernorm.weight"] as RefTensor;
    // The last token of a sequence is only a target. Batch 3 follows those of the gradient.
    batchAt(3).forEach((id, at) => {
      if (at % (context + 1) === context) return;
      const row = table.data.slice(8 * id, 8 * id + 8);
      const scale = 1 / Math.sqrt(row.reduce((total, x) => total + (x * x) / 8, 0) + base.config.rmsNormEps);
      row.forEach((x, k) => {
        mean[k] = (mean[k] as number) + (x * scale * (weight.data[k] as number)) / (batch * context);
      });
    });
    (tensors["input"] as HostTensor<"f32">).data.forEach((x, k) => {
      expect(Math.abs(x - (mean[k] as number))).toBeLessThan(1e-6);
    });
  });

  test("what they cannot mean is refused with the plan", () => {
    const plan = measuring.plan(base);
    const wrong = (expr: Expr) => () =>
      checkPlan({ ...plan, tensors: { ...plan.tensors, [norm]: sum([copy(norm), expr]) } });
    expect(wrong(given("a", [8], measure("gradient", "nothing", 1)))).toThrow("does not hold together");
    expect(wrong(given("a", [8], measure("activation", norm, 1)))).toThrow("does not hold together");
    expect(wrong(given("a", [8], measure("gradient", up, 1)))).toThrow("does not hold together");
    expect(wrong(given("slope", [8], measure("gradient", norm, 1)))).toThrow("does not hold together");
    expect(wrong(given("a", [8], measure("gradient", norm, 1)))).not.toThrow();
  });
});
