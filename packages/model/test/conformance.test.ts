// Runs the conformance suite for authors on the built-in families and on one from a package outside the repository.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { abs } from "@cambium/ir";
import { expect, test } from "vitest";
import { axisChecks } from "../src/conformance/axes.js";
import type { Tested } from "../src/conformance/checks.js";
import { computingChecks } from "../src/conformance/computing.js";
import { gateChecks } from "../src/conformance/gate.js";
import { describeFamily } from "../src/conformance/index.js";
import { configChecks, tableChecks } from "../src/conformance/table.js";
import { builtInFamilies } from "../src/families/built-in.js";
import {
  type DecoderConfig,
  type DecoderInput,
  type Family,
  llama,
  modelSpec,
  opaque,
  type ParameterSpec,
  qwen3,
} from "../src/index.js";
import { writeBareFamily } from "./support/bare-family.js";

const sizes = {
  vocab: 13,
  hidden: 9,
  intermediate: 11,
  layers: 3,
  heads: 4,
  kvHeads: 2,
  headDim: 4,
  contextLength: 16,
};
const configs: readonly DecoderInput[] = [sizes, { ...sizes, heads: 3, kvHeads: 3, layers: 1, tied: true }];
for (const family of builtInFamilies) if (family !== opaque) describeFamily({ family, configs });

const tensor = (name: string) => ({ name, shape: [4, 4] });
const layer = (i: number) => [tensor(`h.${i}.attn.c_proj.weight`), tensor(`h.${i}.mlp.c_fc.weight`)];
describeFamily({
  family: opaque,
  configs: [{ tensors: [tensor("wte.embed"), ...layer(0), ...layer(1)], prefix: "h.", layers: 2 }],
});

const file = writeBareFamily(mkdtempSync(join(tmpdir(), "cambium-family-")));
const { default: bare } = (await import(/* @vite-ignore */ file)) as { default: Family<object, DecoderInput> };
describeFamily({ family: bare, configs });

const changed = (change: (spec: ParameterSpec) => ParameterSpec) => ({
  parameters: (config: DecoderConfig) => qwen3.parameters(config).map(change),
});
const square = { ...sizes, hidden: 8, intermediate: 8 };

/** The forward pass of Qwen3 without its norms within heads. */
const llamaForward = llama.forward as NonNullable<typeof llama.forward>;

/** The forward pass of Qwen3, with the absolute values of the gates' weights. */
const absoluteGates: typeof llamaForward = (config, pass) => {
  const { parameter } = pass.weights;
  const changed = (name: string) => (name.endsWith("gate_proj.weight") ? abs(parameter(name)) : parameter(name));
  return (qwen3.forward as typeof llamaForward)(config, { ...pass, weights: { ...pass.weights, parameter: changed } });
};

/** Families with one mistake each, and the check that must fail. */
test.each<[string, Partial<Family<DecoderConfig, DecoderInput>>, string]>([
  [
    "loses eps in config.json",
    { hf: { ...qwen3.hf, parse: (json) => ({ ...qwen3.hf.parse(json), rmsNormEps: 0.5 }) } },
    "a config survives",
  ],
  [
    "names another axis",
    changed((spec) => (spec.part === "mlp.up_proj.weight" ? { ...spec, axes: spec.axes.toReversed() } : spec)),
    "the function does not depend",
  ],
  [
    "forgets a mark",
    changed((spec) => (spec.part === "mlp.down_proj.weight" ? without(spec) : spec)),
    "a layer whose stream writers",
  ],
  [
    "marks the wrong matrix as the gate",
    changed(({ activation: _, ...spec }) =>
      spec.part === "mlp.up_proj.weight" ? { ...spec, activation: "silu" } : spec,
    ),
    "of the matrices that write neurons",
  ],
  ["marks another function as silu", { forward: absoluteGates }, "a gate marked with silu"],
  ["ignores deepening", { sizes: { ...qwen3.sizes, deepened: (config) => config } }, "a model of chosen layers"],
  ["lists a norm that it does not compute with", { forward: llamaForward }, "gradients equal"],
  [
    "grows heads without their keys",
    { sizes: { ...qwen3.sizes, grown: (config, { kvHeads: _, ...rest }) => qwen3.sizes.grown(config, rest) } },
    "each axis grows",
  ],
])("a family that %s is caught", (_, change, check) => {
  const model = modelSpec({ ...qwen3, ...change } as Family<DecoderConfig, DecoderInput>, square);
  const tested: Tested = { model, ordered: new Set(["vocab", "headDim", "layers"]), flops: undefined };
  const checks = Object.entries({
    ...configChecks(tested),
    ...tableChecks(tested),
    ...axisChecks(tested),
    ...gateChecks(tested),
    ...computingChecks(tested),
  });
  const [, run] = checks.find(([name]) => name.startsWith(check)) ?? [];
  expect(run).toBeTypeOf("function");
  expect(run).toThrow();
});

function without({ writes: _, ...spec }: ParameterSpec): ParameterSpec {
  return spec;
}
