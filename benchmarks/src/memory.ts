// pnpm bench memory: what a training process takes at its fullest, next to what `cambium plan` predicts, for six shapes.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { resolveBackend } from "@cambium/backend";
import { Random } from "@cambium/ir";
import { initParameters, llama, modelSpec } from "@cambium/model";
import { nodeImporter } from "@cambium/plugin/node";
import { defaultOptimizer, freshState, Trainer, trainingMemory } from "@cambium/train";

const shapes = [
  { layers: 4, hidden: 128, heads: 4, intermediate: 336, vocab: 256, context: 128, batch: 16 },
  { layers: 8, hidden: 256, heads: 4, intermediate: 688, vocab: 256, context: 256, batch: 8 },
  { layers: 12, hidden: 384, heads: 6, intermediate: 1024, vocab: 4096, context: 256, batch: 4 },
  { layers: 6, hidden: 512, heads: 8, intermediate: 1376, vocab: 32_000, context: 128, batch: 4 },
  { layers: 4, hidden: 256, heads: 4, intermediate: 688, vocab: 32_000, context: 256, batch: 8 },
  { layers: 24, hidden: 192, heads: 3, intermediate: 512, vocab: 256, context: 512, batch: 4 },
];

/** Steps; the second is as full as any later one. */
const steps = 3;

const own = process.argv[2];
if (own === undefined || own === "--help") {
  const flags = ["--conditions=@cambium/source", "--import", "tsx", fileURLToPath(import.meta.url)];
  for (const shape of own === undefined ? shapes : [])
    process.stdout.write(execFileSync(process.execPath, [...flags, JSON.stringify(shape)], { encoding: "utf8" }));
  if (own !== undefined) console.log("pnpm bench memory");
} else console.log(await measured(JSON.parse(own) as (typeof shapes)[number]));

/** As a run does: weights are made and uploaded, steps follow, and a snapshot takes the state down. */
async function measured({ batch, context, ...sizes }: (typeof shapes)[number]): Promise<string> {
  const model = modelSpec<object, object>(llama, { ...sizes, contextLength: context });
  const predicted = trainingMemory(model, { batch, context, optimizer: defaultOptimizer });
  await using device = await (await resolveBackend("onnx", nodeImporter(process.cwd(), import.meta.dirname))).open();
  using trainer = await Trainer.open({ device, model, batch, context, optimizer: defaultOptimizer });
  await trainer.load(freshState(initParameters(model, { seed: "memory", scheme: "hf" })));
  const random = new Random("memory");
  const tokens = new Int32Array(batch * (context + 1)).map((_, i) => random.word(i) % sizes.vocab);
  for (let i = 0; i < steps; i++) await trainer.step([tokens], 1e-4);
  await trainer.state();
  const peak = process.resourceUsage().maxRSS * 1024;
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  const off = `${(100 * (predicted.total / peak - 1)).toFixed(1)} %`;
  return JSON.stringify({
    ...sizes,
    context,
    batch,
    measured: megabytes(peak),
    predicted: megabytes(predicted.total),
    off,
    parts: predicted,
  });
}
