// The backend's own composites: lowered whole, they mean what their decomposition says.
import { assertAgrees } from "@cambium/backend/conformance";
import { GraphBuilder, materialize } from "@cambium/ir";
import { describe, test } from "vitest";
import { fusedOps } from "../src/fuse/ops/index.js";
import backend from "../src/index.js";

describe.each(Object.entries(fusedOps).map(([name, { op }]) => [name, op] as const))("%s", (_, op) => {
  test.each(op.samples.map((sample, i) => [`${i} ${sample.note ?? ""}`, sample] as const))("%s", async (_, sample) => {
    await using device = await backend.open();
    const builder = new GraphBuilder();
    const operands = sample.inputs.map(({ type }, i) => builder.input(String(i), type));
    const outputs = builder.apply(op, operands, { ...sample.attrs } as Record<string, never>);
    outputs.forEach((tensor, i) => builder.output(`out${i}`, tensor));
    const inputs = Object.fromEntries(materialize(sample, op.name).map((host, i) => [String(i), host]));
    await assertAgrees(device, builder.finish(), inputs);
  });
});
