// The effect of LiGO's fit on the quickstart's base: the held-out loss of the grown model before and after the fit of
// 100 steps, in depth and in width: `npx tsx --conditions=@cambium/source tools/ligo-fit.ts [FIT_STEPS]`.
// docs/results.md has the figures. Trains the base of recipes/quickstart.yaml first, on onnx.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import onnx from "@cambium/backend-onnx";
import learn from "@cambium/operator-learn";
import { corpora } from "../packages/corpora/src/index.js";
import { batchAt, evaluationBatches, tokensInMemory } from "../packages/data/src/index.js";
import { type Found, find } from "../packages/grow/src/index.js";
import { applyPlan, type GrowthPlan } from "../packages/growth/src/index.js";
import { type HostTensor, hostTensor } from "../packages/ir/src/index.js";
import { initParameters, llama, lossGraph, type ModelSpec, modelSpec } from "../packages/model/src/index.js";
import { parseRecipe } from "../packages/recipe/src/index.js";
import { freshState, Trainer } from "../packages/train/src/index.js";

type Tensors = Readonly<Record<string, HostTensor>>;

const file = join(import.meta.dirname, "..", "recipes", "quickstart.yaml");
const { model: sizes, train, growth } = parseRecipe(readFileSync(file, "utf8"), file);
const { layers = 0, hidden = 0, heads = 0, intermediate = 0, context } = sizes;
const base = modelSpec(llama, { vocab: 256, layers, hidden, heads, intermediate, contextLength: context });
const text = Buffer.concat([...corpora["moby-dick"].documents()].map((one) => Buffer.from(one.text)));
const cut = Math.floor(0.95 * text.length);
const [read, heldOut] = [text.subarray(0, cut), text.subarray(cut)].map((part) => tokensInMemory(part));
const { batch } = train;
const until = Number(growth[0]?.at);
const batchOf = (step: number) =>
  batchAt(read as never, { seed: 0, tokenPosition: step * batch * context, batch, context });

await using device = await onnx.open();

async function upload(tensors: Tensors) {
  const held: Record<string, Awaited<ReturnType<typeof device.upload>>> = {};
  for (const [name, tensor] of Object.entries(tensors)) held[name] = await device.upload(tensor);
  return held;
}

/** Mean over 64 held-out windows, nats per token. */
async function heldOutLoss(model: ModelSpec, tensors: Tensors): Promise<number> {
  using loss = await device.compile(lossGraph(model, { batch, context }));
  const { count, at } = evaluationBatches(heldOut as never, { batch, context, windows: 64 });
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const tokens = hostTensor("i32", [batch, context + 1], at(i));
    const { fetched } = await loss.run({ ...tensors, tokens }, { fetch: ["loss"] });
    sum += Number((await fetched)["loss"]?.data[0]) / count;
  }
  return sum;
}

async function grown(plan: GrowthPlan, parameters: Tensors, found: Found["tensors"] | "init"): Promise<Tensors> {
  const by = (tensors: Tensors) => ({ get: (name: string) => tensors[name] });
  const made: Record<string, HostTensor> = {};
  const given = found === "init" ? found : by(found);
  for await (const [name, tensor] of applyPlan(plan, by(parameters), { found: given })) made[name] = tensor;
  return made;
}

const trainer = await Trainer.open({ device, model: base, batch, context });
await trainer.load(freshState(initParameters(base, { seed: "0", scheme: "paper" })));
const steps = Math.round(until / trainer.tokensPerStep);
for (let i = 0; i < steps; i++) {
  const warm = Math.min(1, ((i + 1) * trainer.tokensPerStep) / train.warmup);
  await trainer.step([batchOf(i)], train.lr * warm);
}
const { parameters } = await trainer.state();
trainer.dispose();
console.log(`base: ${steps} steps, held-out loss ${(await heldOutLoss(base, parameters)).toFixed(4)}`);

const fitSteps = Number(process.argv[2] ?? 100);
for (const options of [
  { layers: 4 * layers },
  { factor: 1.5 },
  {
    hidden: 1.5 * hidden,
    heads: 1.5 * heads,
    kvHeads: 1.5 * heads,
    intermediate: 1.5 * intermediate,
    layers: 2 * layers,
  },
]) {
  const plan = learn.plan(base, { ...options, fitSteps });
  const lab = {
    device,
    parameters: await upload(parameters),
    batch,
    context,
    batchAt: (i: number) => batchOf(steps + i),
  };
  const { tensors } = await find(plan, lab);
  const [before, after] = [await grown(plan, parameters, "init"), await grown(plan, parameters, tensors)];
  const [start, end] = [await heldOutLoss(plan.target, before), await heldOutLoss(plan.target, after)];
  console.log(
    `${JSON.stringify(options)}: ${start.toFixed(4)} at the start, ${end.toFixed(4)} after ${fitSteps} steps`,
  );
  if (!(end < start)) process.exitCode = 1;
}
