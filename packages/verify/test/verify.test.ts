// Injected faults are named and shrunk; a correct device agrees.
import { referenceBackend } from "@cambium/backend";
import { keptCase, runCase } from "@cambium/backend/conformance/cases";
import { primitives, roundHalf, Uses } from "@cambium/ir";
import { expect, test } from "vitest";
import { type VerifiedCase, verifyOn } from "../src/index.js";
import { expectedOf, type Lowering, withLowering } from "./support.js";

async function verified(lowering: Lowering, steps = 0, loud = 1): Promise<VerifiedCase> {
  await using device = await withLowering(lowering).open();
  return await verifyOn("faulty", device, expectedOf(steps, loud), { bisect: true });
}

/** The kept case fails on the faulty backend and passes on the reference. */
async function expectKept({ kept }: VerifiedCase, lowering: Lowering): Promise<void> {
  expect(kept).toBeDefined();
  const again = keptCase(JSON.parse(JSON.stringify(kept)));
  const backend = withLowering(lowering);
  await using broken = await backend.open();
  await expect(runCase(again, broken, () => backend.open())).rejects.toThrow("off by");
  await using right = await referenceBackend.open();
  await runCase(again, right, () => referenceBackend.open());
}

test("the reference, which rounds to f32 after every op, agrees in forward, backward and three steps", async () => {
  const result = await verified(() => null, 3);
  expect(result.first).toBeNull();
  expect(result.agrees).toBe(true);
  expect(result.outputs.filter(({ name }) => name === "loss").map(({ step }) => step)).toEqual([1, 2, 3]);
  expect(result.depth.map(({ layer }) => layer)).toEqual(
    expect.arrayContaining(["embedding", "layers.0.attention", "layers.1.mlp.backward", "optimizer"]),
  );
});

/** Subtraction with the wrong sign: it adds. */
const wrongSign: ReturnType<Lowering> = ([a, b], attrs) => primitives.add.op.evaluate([a as never, b as never], attrs);

test.each([0, 2])("a wrong sign: one subtraction adds, in %i steps of training", async (steps) => {
  const lowering: Lowering = (node) =>
    primitives.sub.is(node) && node.scope === "layers.1.attention" ? wrongSign : null;
  const result = await verified(lowering, steps);
  expect(result.first).toMatchObject({ backend: "faulty", kind: "op", op: "sub", layer: "layers.1.attention" });
  expect(result.kept?.graph.nodes.length).toBeLessThan(10);
  await expectKept(result, lowering);
});

test.each([0, 2])("an overflow: products are stored in f16 and exceed its range, in %i steps", async (steps) => {
  const narrow = (x: number) => (Number.isFinite(roundHalf.f16(x)) ? x : roundHalf.f16(x));
  const lowering: Lowering = (node) =>
    primitives.mul.is(node)
      ? (inputs, attrs) => primitives.mul.op.evaluate(inputs as never, attrs).map((x) => x.map(narrow))
      : null;
  const result = await verified(lowering, steps, 300);
  expect(result.first).toMatchObject({ op: "mul", layer: "layers.0.mlp", error: Number.MAX_VALUE });
  expect(result.first?.got).toMatch(/^-?Infinity$/);
  expect(result.kept?.graph.nodes.length).toBeLessThan(10);
  await expectKept(result, lowering);
});

test("a wrong fusion: an addition is wrong only if its product is not an output", async () => {
  const lowering: Lowering = (node, graph) => {
    const uses = new Uses(graph);
    const fused = node.inputs.some(({ id }) => !uses.isOutput(id) && primitives.matmul.is(uses.producer(id)));
    return primitives.add.is(node) && node.scope === "layers.0.mlp" && fused ? ([a]) => [a?.data as never] : null;
  };
  const result = await verified(lowering);
  expect(result.first).toMatchObject({ kind: "part", op: "add", layer: "layers.0.mlp" });
  expect(result.kept?.graph.nodes.length).toBeLessThan(10);
  await expectKept(result, lowering);
});

test("a fault in a later step: the step number is always 1", async () => {
  const lowering: Lowering = (node) =>
    primitives.cast.is(node) && node.inputs[0]?.type.dtype === "i32" ? ([x]) => [x?.data.map(() => 1) as never] : null;
  const result = await verified(lowering, 2);
  expect(result.first).toMatchObject({ step: 2, op: "cast", layer: "optimizer" });
  expect(result.kept?.graph.nodes.length).toBeLessThan(10);
  await expectKept(result, lowering);
});
