// Logits of a model directory by the reference evaluator in float64, which `verify_checkpoint.py` compares with
// transformers': npx tsx --conditions=@cambium/source tools/golden/checkpoint-logits.ts DIR OUT
// writes OUT/tokens.json, 4 rows of 24 random tokens, and OUT/logits.safetensors, "logits" f32 [4, 24, vocab].
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostSources, openModelDirectory, writeSafetensors } from "../../packages/checkpoint/src/index.js";
import { evaluate, Random, type RefTensor } from "../../packages/ir/src/index.js";
import { contextLength, logitsGraph, modelSizes, parameterTable, readHfModel } from "../../packages/model/src/index.js";

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) throw new Error("usage: checkpoint-logits.ts DIR OUT");
await using directory = await openModelDirectory(from);
const model = readHfModel(directory.configJson);
const { vocab = 0 } = modelSizes(model);
const [batch, context] = [4, Math.min(24, contextLength(model))];

const inputs: Record<string, RefTensor> = {};
for (const { name } of parameterTable(model)) {
  const { dtype, shape, data } = await directory.read(name);
  inputs[name] = { type: { dtype, shape }, data: Float64Array.from(data) };
}
const random = new Random("golden/tokens");
const ids = Array.from({ length: batch * context }, (_, i) => Math.floor(vocab * random.uniform(i)));
inputs["tokens"] = { type: { dtype: "i32", shape: [batch, context] }, data: Float64Array.from(ids) };
const { logits } = evaluate(logitsGraph(model, { batch, context }), inputs, { precision: "f64" });
const { type, data } = logits as RefTensor;

mkdirSync(to, { recursive: true });
const rows = Array.from({ length: batch }, (_, i) => ids.slice(i * context, (i + 1) * context));
writeFileSync(join(to, "tokens.json"), JSON.stringify(rows));
const host = { dtype: "f32" as const, shape: type.shape, data: Float32Array.from(data) };
await writeSafetensors(join(to, "logits.safetensors"), hostSources({ logits: host }));
