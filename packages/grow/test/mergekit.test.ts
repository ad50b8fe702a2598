// mergekit's passthrough files: grown to the bytes that mergekit writes, written from plans and read back, refused.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openModelDirectory, SafetensorsFile } from "@cambium/checkpoint";
import { dtypesOf, mergekitText, modelOf, parseMergekit, passthrough } from "@cambium/grow/mergekit";
import { growDirectory, planGrowth } from "@cambium/grow/node";
import { copy, depthOperator, type GrowthPlan, scaleLayers, sum, zeros } from "@cambium/growth";
import { llama, modelSpec, parameterTable } from "@cambium/model";
import { describe, expect, it, test } from "vitest";
import { refusal } from "../../files/test/support/errors.js";
import { tempDir } from "../../files/test/support/temp.js";

const here = new URL("./golden/", import.meta.url).pathname;
const root = new URL("../../../", import.meta.url).pathname;
const bases: Readonly<Record<string, string>> = {
  untied: join(root, "tools/golden/passthrough/gqa-untied"),
  tied: join(root, "tools/golden/passthrough/gqa-tied"),
  mistral: join(root, "packages/model/test/golden/mistral"),
  bf16: join(here, "bf16"),
  f16: join(here, "f16"),
};

interface Golden {
  readonly base: string;
  readonly text: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Type, shape and the first 16 digits of the SHA-256. */
  readonly tensors: Readonly<Record<string, readonly [string, readonly number[], string]>>;
  readonly metadata: readonly object[];
}
const golden = JSON.parse(readFileSync(join(here, "mergekit.json"), "utf8")) as Readonly<Record<string, Golden>>;

describe.each(Object.entries(golden))("%s", (_, { base, text, config, tensors, metadata }) => {
  const parsed = parseMergekit(text.replaceAll("MODEL", bases[base] as string), "golden.yml");
  const request = { operator: passthrough, options: parsed, ...dtypesOf(parsed) };

  it("has names, types, shapes, bytes and metadata of what mergekit writes", async () => {
    const target = join(await tempDir(), "grown");
    expect((await growDirectory(modelOf(parsed), target, request)).state).toBe("done");
    await using grown = await openModelDirectory(target);
    const found: Record<string, unknown> = {};
    for (const name of [...grown.tensors.keys()].sort()) {
      const { dtype, shape } = grown.tensors.get(name) as { dtype: string; shape: readonly number[] };
      const hash = createHash("sha256").update(await grown.shardOf(name).readBytes(name));
      found[name] = [dtype, shape, hash.digest("hex").slice(0, 16)];
    }
    expect(found).toEqual(tensors);
    await using file = await SafetensorsFile.open(join(target, "model.safetensors"));
    expect([file.metadata]).toEqual(metadata);
    expect(grown.configJson).toMatchObject(config);
  });

  it("comes back from its plan as a file that makes the same plan", async () => {
    const plan = await planGrowth(modelOf(parsed), request);
    const again = parseMergekit(mergekitText(plan, modelOf(parsed)), "again.yml");
    expect((await planGrowth(modelOf(again), { operator: passthrough, options: again })).tensors).toEqual(plan.tensors);
  });
});

const base = modelSpec(llama, {
  ...{ vocab: 24, hidden: 16, intermediate: 20, layers: 6, heads: 4, kvHeads: 2, contextLength: 32 },
});

/** Base layers 3 and 5 a second time, silent. */
const expanded = depthOperator({
  name: "expand",
  version: "1.0.0",
  summary: "Copies that start as the identity.",
  decided: () => 8,
  layers: () => [0, 1, 2, 3, 3, 4, 5, 5],
  refine: (parts, growth) =>
    scaleLayers(parts, growth, ({ layer = -1, writes, kind }) =>
      [4, 7].includes(layer) && writes === "stream" ? 0 : kind === "head" ? 0.5 : 1,
    ),
}).plan(base);

test("a plan is written in as few slices as it has", () => {
  const scale = (extra: string) => `          - filter: self_attn.o_proj.weight
            value: 0
          - filter: mlp.down_proj.weight
            value: 0
${extra}`;
  const slice = (range: string, scales = "") => `  - sources:
      - model: ./base
        layer_range:
${range.replace(/(\d)/g, "          - $1\n")}${scales && `        parameters:\n          scale:\n${scales.replace(/^/gm, "  ").trimEnd()}\n`}`;
  const head = "          - filter: lm_head.weight\n            value: 0.5\n";
  expect(mergekitText(expanded, "./base", "bf16")).toBe(
    `merge_method: passthrough\nslices:\n${slice("04")}${slice("34", scale(""))}${slice("46")}${slice("56", scale(head))}out_dtype: bfloat16\n`,
  );
});

test("zeros of a plan are copies scaled by 0", () => {
  const tensors = Object.fromEntries(
    parameterTable(expanded.target).map(({ name, shape }) => {
      const expr = expanded.tensors[name] as GrowthPlan["tensors"][string];
      return [name, expr.kind === "scale" && expr.by === 0 ? zeros(shape) : expr];
    }),
  );
  const read = passthrough.plan(base, parseMergekit(mergekitText({ ...expanded, tensors }, "./base"), "x"));
  expect(read.tensors).toEqual(expanded.tensors);
});

test("a plan that passthrough cannot make is refused, every tensor by name", async () => {
  const norm = (i: number) => `model.layers.${i}.input_layernorm.weight`;
  const mixed = sum([copy(norm(1)), copy(norm(2))]);
  const tensors = { ...expanded.tensors, [norm(1)]: mixed, "model.norm.weight": mixed };
  const { code, details } = await refusal(() => mergekitText({ ...expanded, tensors }, "./base"));
  const where = details.reasons?.map((reason) => reason.where);
  expect([code, where]).toEqual(["E_MERGEKIT", ["target layer 1", norm(1), "model.norm.weight"]]);
});

test.each([
  ["merge_method: slerp\nslices: [{sources: [{model: a, layer_range: [0, 1]}]}]", "merge_method"],
  ["merge_method: passthrough\nmodels: [{model: a}]", "models"],
  [
    "merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [0, 1]}, {model: b, layer_range: [0, 1]}]}]",
    "slices.0.sources",
  ],
  [
    "merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [0, 1]}]}, {sources: [{model: b, layer_range: [0, 1]}]}]",
    "several models",
  ],
  [
    "merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [0, 1], parameters: {weight: 1}}]}]",
    "slices.0.sources.0.parameters.weight",
  ],
  [
    "merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [0, 1]}], residual_weight: 1}]",
    "slices.0.residual_weight",
  ],
  [
    "merge_method: passthrough\ntokenizer_source: union\nslices: [{sources: [{model: a, layer_range: [0, 1]}]}]",
    "tokenizer_source",
  ],
  ["merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [2, 2]}]}]", "is empty"],
  [
    "merge_method: passthrough\ndtype: bfloat16\nout_dtype: float32\nslices: [{sources: [{model: a, layer_range: [0, 1]}]}]",
    "out_dtype",
  ],
  ["merge_method: passthrough\ndtype: int8\nslices: [{sources: [{model: a, layer_range: [0, 1]}]}]", "dtype"],
  [
    "merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [0, 1], parameters: {scale: [1, {value: 2}]}}]}]",
    "parameters.scale",
  ],
  ["merge_method: passthrough\nslices: [", "golden.yml"],
])("refused by name: %s", async (text, word) => {
  const found = (await refusal(() => parseMergekit(text, "golden.yml"))).format();
  expect(found).toContain("E_MERGEKIT");
  expect(found).toContain(word);
});
