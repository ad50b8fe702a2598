// Sound files that the fuzzer begins from, where the repository holds none: written by the packages themselves.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const text = (content) => Buffer.from(content);

/** What `write` leaves in an empty folder, by name. */
async function leftBy(write) {
  const folder = mkdtempSync(join(tmpdir(), "cambium-fuzz-sample-"));
  try {
    await write(folder);
    return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function tokenFile(data) {
  const info = {
    title: "a",
    content: "c".repeat(64),
    source: "s".repeat(64),
    tokenizer: "t".repeat(64),
    vocabSize: 256,
  };
  return leftBy((folder) =>
    data.writeTokenFile(join(folder, "a.tokens"), info, async (writer) => {
      for (const ids of [[1, 2, 3], [200, 255], [7]]) {
        await writer.append(Int32Array.from(ids), ids.length);
        await writer.endDocument();
      }
    }),
  );
}

export function snapshot({ saveSnapshot, hostSources }, { hostTensor }) {
  const tensors = hostSources({ w: hostTensor("f32", [4], [1, 2, 3, 4]), step: hostTensor("i32", [], [3]) });
  return leftBy((folder) => saveSnapshot(folder, { tensors, state: { tokens: 12, list: [1, "a", null] } }));
}

/** @param plan a growth plan as JSON */
export function stage(plan) {
  const { target } = plan;
  return {
    ...{ version: 1, name: "target", model: target },
    start: { kind: "growth", parent: { id: "base", tokens: 64 }, plan, moments: "reset" },
    phase: plan.phase,
    ...{ batch: 2, accumulation: 1, context: 16, precision: "f32", seed: 0 },
    data: { content: "c", position: 0 },
    optimizer: { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, clip: 1 },
    schedule: { name: "constant", peak: 1e-3 },
    evaluation: { every: 32, tokens: 16 },
    until: { kind: "tokens", tokens: 128 },
    device: "reference",
  };
}

export function run() {
  const machine = { cpu: "a", cores: 2, memoryBytes: 2 ** 30, platform: "linux", node: "v20" };
  const manifest = {
    ...{ formatVersion: 2, name: "a", cambium: "0.1.0", state: "done", machine },
    backend: { name: "reference", version: "0.1.0", device: "cpu" },
    data: { corpus: "a", tokenizer: "bytes", trainTokens: 100, heldOutTokens: 10 },
    arms: [
      { name: "grown", stages: ["a", "b"] },
      { name: "scratch", stages: ["c"] },
    ],
  };
  const record = (id, more = {}) => ({
    ...{ id, name: id, state: "done", parameters: 100, nonEmbeddingParameters: 50, tokens: 64 },
    model: { layers: 2, hidden: 8, heads: 2, kvHeads: 2, intermediate: 16, vocab: 256, context: 16, tied: false },
    ...more,
  });
  const growth = {
    ...{ operator: "stack", operatorVersion: "0.1.0", from: "a", layerMap: [0, 1, 0, 1], connectionRate: 0.5 },
    ...{ moments: "reset", seconds: 1 },
  };
  const rows = Array.from({ length: 12 }, (_, i) => ({
    ...{ step: i + 1, tokens: 8 * (i + 1), loss: 5 / (i + 1), lr: 1e-3, gradNorm: 1, tokensPerSecond: 10 },
    ...{ flops: 1e6 * (i + 1), seconds: i + 1, memoryBytes: 1e6 },
    ...(i % 3 === 2 ? { heldOutLoss: 5.1 / (i + 1) } : {}),
  }));
  const json = (value) => text(JSON.stringify(value));
  const stageFiles = (id, more) => ({
    [`stages/${id}/record.json`]: json(record(id, more)),
    [`stages/${id}/metrics.jsonl`]: text(rows.map((row) => `${JSON.stringify(row)}\n`).join("")),
  });
  return {
    "run.json": json(manifest),
    "recipe.yaml": text("name: a\n"),
    ...{ ...stageFiles("a"), ...stageFiles("b", { growth }), ...stageFiles("c") },
  };
}
