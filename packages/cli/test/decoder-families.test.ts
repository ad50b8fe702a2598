// Mistral, Qwen2 and Qwen3 on the command line: growth on disk that keeps the function still gives the logits that
// transformers gave for the base; also generate and preview.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostSources, SafetensorsFile, writeModelDirectory } from "@cambium/checkpoint";
import { evaluate, type HostTensor, type RefTensor, refTensor } from "@cambium/ir";
import {
  initParameters,
  logitsGraph,
  mistral,
  modelSpec,
  qwen2,
  qwen3,
  readHfModel,
  writeHfModel,
} from "@cambium/model";
import { readParameters } from "@cambium/run";
import { afterAll, describe, expect, test } from "vitest";
import { golden, json } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-decoders-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const operator = (name: string) => new URL(`../../../operators/${name}/dist/index.js`, import.meta.url).pathname;
const twice = (name: string) => ["--operator", operator(name), "--set", "factor=2"];

describe.each(["mistral", "qwen2", "qwen3", "qwen3-tied"])("%s", (name) => {
  const base = join(golden, name);
  const configOf = (path: string) => JSON.parse(readFileSync(join(path, "config.json"), "utf8"));

  test.each(["direct-width", "zero-depth"])("grown by %s computes what transformers did before", async (growth) => {
    const grown = join(folder, `${name}-${growth}`);
    await json("grow", base, grown, ...twice(growth));
    const [before, after] = [configOf(base), configOf(grown)];
    const key = growth === "direct-width" ? "hidden_size" : "num_hidden_layers";
    expect(after[key]).toBe(2 * before[key]);
    for (const kept of ["model_type", "architectures", "head_dim", "sliding_window", "tie_word_embeddings"])
      if (kept in before) expect(after[kept], kept).toEqual(before[kept]);
    await using file = await SafetensorsFile.open(join(base, "golden.safetensors"));
    const read = async (tensor: string) => refTensor((await file.read(tensor)) as HostTensor);
    const tokens = await read("tokens");
    const [batch = 0, context = 0] = tokens.type.shape;
    // The golden tokens have one more per row than the model reads.
    const seen = { type: { ...tokens.type, shape: [batch, context - 1] }, data: withoutLast(tokens.data, context) };
    const model = readHfModel(after);
    const parameters = Object.entries(await readParameters(grown, model)).map(([n, t]) => [n, refTensor(t)] as const);
    const graph = logitsGraph(model, { batch, context: context - 1 });
    const { logits } = evaluate(graph, { ...Object.fromEntries(parameters), tokens: seen }, { precision: "f64" });
    const expected = (await read("logits")).data;
    const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const apart = (logits as RefTensor).data.reduce(
      (most, x, i) => Math.max(most, Math.abs(x - (expected[i] ?? 0))),
      0,
    );
    // The golden logits are float32, off by at most 2e-6, and split weights are rounded once more.
    expect(apart / largest).toBeLessThan(1e-5);
  });

  test("continues a prompt as before it was widened", async () => {
    const say = ["--tokens", "5,17,9", "--max-new-tokens", "8", "--temperature", "0", "--backend", "reference"];
    const grown = join(folder, `${name}-direct-width`);
    expect(await json("generate", grown, ...say)).toEqual(await json("generate", base, ...say));
  });
});

test.each([mistral, qwen2, qwen3])("preview: the loss of $name stays under direct-width", async (family) => {
  const sizes = { layers: 2, vocab: 256, hidden: 8, intermediate: 12, heads: 4, kvHeads: 2, contextLength: 32 };
  const model = modelSpec(family, sizes);
  const path = join(folder, `small-${family.name}`);
  const tensors = hostSources(initParameters(model, { seed: "small", scheme: "hf" }), "f32");
  await writeModelDirectory(path, { configJson: writeHfModel(model, { dtype: "f32" }), tensors });
  const text = join(folder, "text.txt");
  writeFileSync(text, "A text about a whale.\n".repeat(40));
  const measured = ["--text", text, "--tokens", "32", "--context", "8", "--batch", "2", "--backend", "reference"];
  const shown = await json("preview", path, ...twice("direct-width"), ...measured);
  const loss = (of: unknown) => (of as { readonly loss: number }).loss;
  // About ten f32 sums each; the loss is about 5.5.
  expect(Math.abs(loss(shown["grown"]) - loss(shown["base"]))).toBeLessThan(1e-5);
});

/** Rows of `width` numbers, each without its last. */
function withoutLast(data: Float64Array, width: number): Float64Array {
  return data.filter((_, i) => i % width < width - 1);
}
