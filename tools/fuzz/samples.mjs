// Valid files for the fuzzer to start from, written by the packages themselves because the repository has none.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const text = (content) => Buffer.from(content);

/** The files that `write` leaves in an empty folder, by name. */
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
  const figure = { value: 0.5, stderr: 0.1, better: "higher" };
  const evaluation = { tasks: { a: { version: "1", identity: "i", documents: 3, metrics: { acc: figure } } } };
  const stageFiles = (id, more) => ({
    [`stages/${id}/record.json`]: json(record(id, more)),
    [`stages/${id}/evaluation.json`]: json(evaluation),
    [`stages/${id}/metrics.jsonl`]: text(rows.map((row) => `${JSON.stringify(row)}\n`).join("")),
  });
  return {
    "run.json": json(manifest),
    "recipe.yaml": text("name: a\n"),
    ...{ ...stageFiles("a"), ...stageFiles("b", { growth }), ...stageFiles("c") },
  };
}

/**
 * A growth that stopped half way: continued, it must end with the bytes of an undisturbed growth, or with a typed
 * error. Its journal and the bytes beside it are valid only in the folder where they were written.
 */
export function growth({ growDirectory }, request, model) {
  const scratch = ".x.growing";
  const shard = `${scratch}/model-00001-of-00002.safetensors`;
  const changed = [`${scratch}.json`, shard];
  const asked = { ...request, flushBytes: 20_000, maxShardBytes: 150_000 };
  const weights = (folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".safetensors"))
      .map((name) => readFileSync(join(folder, name)));
  let expected;
  /** The files that the stopped growth left, by place: its folder is made anew after each input. */
  const left = new Map();
  return {
    files: {},
    changed,
    prepare: async (folder) => {
      const source = join(folder, "a");
      mkdirSync(source);
      for (const [name, content] of Object.entries(model)) writeFileSync(join(source, name), content);
      await growDirectory(source, join(folder, "whole"), asked);
      expected = weights(join(folder, "whole"));
      const stop = new AbortController();
      const onProgress = ({ done, total }) => done > 0.7 * total && stop.abort();
      await growDirectory(source, join(folder, "x"), { ...asked, signal: stop.signal, onProgress });
      const names = [`${scratch}.json`, ...readdirSync(join(folder, scratch)).map((name) => `${scratch}/${name}`)];
      left.set(folder, Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))])));
      return Object.fromEntries(changed.map((name) => [name, readFileSync(join(folder, name))]));
    },
    read: async (folder) => {
      try {
        await growDirectory(join(folder, "a"), join(folder, "x"), asked);
        const grown = weights(join(folder, "x"));
        if (!expected.every((one, i) => one.equals(grown[i]))) throw new Error("the growth ended with other weights");
      } finally {
        for (const name of readdirSync(folder))
          if (!["a", "whole"].includes(name)) rmSync(join(folder, name), { recursive: true });
        mkdirSync(join(folder, scratch));
        for (const [name, content] of Object.entries(left.get(folder))) writeFileSync(join(folder, name), content);
      }
    },
  };
}
