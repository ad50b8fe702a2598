// The ten depth operators compared with mergekit's passthrough, byte for byte, and with transformers on the same
// layers.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openModelDirectory } from "../../packages/checkpoint/src/index.ts";
import { applyPlan } from "../../packages/growth/src/index.ts";
import { evaluate } from "../../packages/ir/src/index.ts";
import { logitsGraph, readHfModel } from "../../packages/model/src/index.ts";
import { root } from "../setup.mjs";

const golden = join(root, "tools", "golden", "passthrough");
const bases = ["mha-untied", "gqa-untied", "gqa-tied"];
const read = (base) => JSON.parse(readFileSync(join(golden, `${base}.json`), "utf8"));
const operators = Object.keys(read("mha-untied").operators);

test("there are ten of them", () => expect(operators).toHaveLength(10));

test.each(bases.flatMap((base) => operators.map((operator) => [base, operator])))(
  "%s by %s",
  async (base, operator) => {
    const { tokens, operators: expected } = read(base);
    const { tensors, sha256, logits } = expected[operator];
    const source = await openModelDirectory(join(golden, base));
    onTestFinished(() => source.close());
    const { default: growth } = await import(`@cambium/operator-${operator}`);
    const plan = growth.plan(readHfModel(source.configJson), { factor: 4 });
    const lines = [];
    const inputs = {};
    for await (const [name, { dtype, shape, data }] of applyPlan(plan, { get: (one) => source.read(one) })) {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      lines.push(`${name} ${createHash("sha256").update(bytes).digest("hex")}\n`);
      inputs[name] = { type: { dtype, shape }, data: Float64Array.from(data) };
    }
    expect(lines).toHaveLength(tensors);
    expect(createHash("sha256").update(lines.sort().join("")).digest("hex")).toBe(sha256);

    const shape = [tokens.length, tokens[0].length];
    inputs.tokens = { type: { dtype: "i32", shape }, data: Float64Array.from(tokens.flat()) };
    const graph = logitsGraph(plan.target, { batch: shape[0], context: shape[1] });
    const computed = evaluate(graph, inputs, { precision: "f64" }).logits.data;
    const largest = Math.max(...logits.map(Math.abs));
    // transformers computes 24 layers in float32, and the golden file has six digits.
    logits.forEach((value, i) => expect(Math.abs(computed[i] - value)).toBeLessThanOrEqual(1e-5 * largest + 1e-6));
  },
);
