// Faults injected into lowerings of this repository's backends are found by op and layer, and shrunk to a few nodes: a
// wrong sign in tfjs and in onnx, an overflow of f16 in WebGPU's kernels.
import { beforeAll, expect, test } from "vitest";
import { primitiveLowerings } from "../../backends/onnx/src/lower/primitives.js";
import { compositeLowerings } from "../../backends/tfjs/src/lower/composites.js";
import type { Lowering } from "../../backends/tfjs/src/lower/lowering.js";
import { elementwise, elementwiseLowerings } from "../../backends/webgpu/src/lower/elementwise.js";
import type { Backend, BackendOptions } from "../../packages/backend/src/index.js";
import { hostTensor } from "../../packages/ir/src/index.js";
import { llama, modelSpec } from "../../packages/model/src/index.js";
import { Expected, livelyParameters, subjectOf, type VerifiedCase, verifyOn } from "../../packages/verify/src/index.js";
import { useSwiftShader } from "../browser/src/index.js";

const sizes = { vocab: 24, hidden: 16, intermediate: 24, layers: 1, heads: 4, kvHeads: 2, contextLength: 8 };
const model = modelSpec(llama, sizes);

/** @param loud factor on the inputs of the gated products */
async function verified(backend: Backend, options: BackendOptions, loud: number, steps: number): Promise<VerifiedCase> {
  const parameters = Object.fromEntries(
    Object.entries(livelyParameters(model)).map(([name, { shape, data }]) => {
      const factor = /gate_proj|up_proj/.test(name) ? loud : 1;
      return [
        name,
        hostTensor(
          "f32",
          shape,
          Array.from(data, (x) => factor * x),
        ),
      ];
    }),
  );
  const subject = subjectOf({ name: "tiny", model, parameters, batch: 1, context: 4, steps, precision: "f32" });
  await using device = await backend.open(options);
  return await verifyOn(backend.name, device, new Expected(subject), { bisect: true });
}

/** The tables are read when a backend is loaded, so the faults go in before. */
beforeAll(async () => {
  const tfjs = compositeLowerings as Record<string, Lowering<never>>;
  const right = tfjs["rope"] as Lowering<never>;
  tfjs["rope"] = (context) => {
    const turned = right(context);
    return context.kernels.unary("Neg", Array.isArray(turned) ? turned[0] : turned);
  };
  const onnx = primitiveLowerings as { sub: unknown };
  onnx.sub = primitiveLowerings.add;
  // biome-ignore lint/suspicious/noExplicitAny: the table is constant to everybody else
  (elementwiseLowerings as any).add = elementwise(
    ([a, b]) => `select(${a} + ${b}, (${a} + ${b}) * 3e38f * 3e38f, abs(f32(${a} + ${b})) > 65504f)`,
  );
  await useSwiftShader();
});

test("a sign in tfjs's rope", async () => {
  const { default: backend } = await import("../../backends/tfjs/src/index.js");
  const { first, kept } = await verified(backend, { engine: "cpu" }, 1, 2);
  expect(first).toMatchObject({ backend: "tfjs", op: "rope", layer: "layers.0.attention", kind: "op" });
  expect(kept?.graph.nodes.length).toBeLessThan(10);
});

test("a sign in onnx's subtraction", async () => {
  const { default: backend } = await import("../../backends/onnx/src/index.js");
  const { first, kept } = await verified(backend, { threads: 1 }, 1, 0);
  // The first that subtracts is attention, which the backend takes as one op.
  expect(first).toMatchObject({ backend: "onnx", op: "causalAttention", layer: "layers.0.attention", kind: "op" });
  expect(kept?.graph.nodes.length).toBeLessThan(10);
});

test("an overflow of f16 in WebGPU's addition", { timeout: 120_000 }, async () => {
  const { default: backend } = await import("../../backends/webgpu/src/index.js");
  const { first, kept } = await verified(backend, {}, 1000, 0);
  expect(first).toMatchObject({ backend: "webgpu", op: "add", layer: "layers.0.mlp", error: Number.MAX_VALUE });
  expect(kept?.graph.nodes.length).toBeLessThan(10);
});
