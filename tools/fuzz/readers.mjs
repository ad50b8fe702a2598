// Every file reader, with valid inputs to start from: `files` are written into a folder, one of them changed, and
// `read` is called with the folder. It may only succeed or throw a CambiumError.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { root } from "../setup.mjs";
import * as samples from "./samples.mjs";
import { shardReaders } from "./shards.mjs";

const { text } = samples;

const built = (path) => import(join(root, "packages", path));
const golden = (...path) => join(root, "packages", ...path);

/**
 * @returns readers by name: `{ files: { NAME: bytes }, changed: [NAME, …], read(folder) }`. A reader whose files are
 *   valid only in the folder where they were made has `prepare(folder)`, which makes them and returns those to change
 */
export async function readers() {
  const [model, checkpoint, growth, grow, mergekit, data, recipe, report, runFormat, evaluation, stack] =
    await Promise.all([
      built("model/dist/index.js"),
      built("checkpoint/dist/index.js"),
      built("growth/dist/index.js"),
      built("grow/dist/node/index.js"),
      built("grow/dist/mergekit/index.js"),
      built("data/dist/node/index.js"),
      built("recipe/dist/index.js"),
      built("report/dist/index.js"),
      built("run-format/dist/node.js"),
      built("eval/dist/node/index.js"),
      import(join(root, "operators", "stack", "dist", "index.js")).then((it) => it.default),
    ]);
  const llama = filesOf(golden("model", "test", "golden", "gqa-tied"), /^(config|model)/);
  const shards = filesOf(golden("checkpoint", "test", "golden", "llama"));
  const { family, config } = model.readHfModel(JSON.parse(llama["config.json"]));
  const plan = growth.planJson(stack.plan({ family, config }, { factor: 2 }));
  const inspect = async (folder) => {
    const opened = await checkpoint.openModelDirectory(folder);
    await opened.close();
    return model.readHfModel(opened.configJson);
  };
  const grown = async (folder) => {
    await grow.dryRunGrowth(folder, join(folder, "..", "grown"), { operator: stack, options: { factor: 2 } });
  };
  const passages = (name) => async (folder) => {
    const source = await data.openSource(data.corpusSpec(join(folder, name)), folder);
    await source.state();
    for await (const passage of source.passages()) if (typeof passage.text !== "string") throw new Error("no text");
  };
  const documents = ["The whale.", "A ship", "and the sea\nthat is white"];
  const corpora = {
    "a.jsonl": text(documents.map((one) => `${JSON.stringify({ text: one })}\n`).join("")),
    "a.json": text(JSON.stringify(documents.map((one) => ({ text: one })))),
    "a.csv": text(`id,text\n${documents.map((one, i) => `${i},"${one}"\n`).join("")}`),
    "a.txt": text(documents.join("\n\n")),
    "a.txt.gz": gzipSync(documents.join("\n\n")),
  };
  return {
    ...shardReaders(data, golden("data", "test", "golden")),
    config: { files: llama, changed: ["config.json"], read: inspect },
    "config, grown": { files: llama, changed: ["config.json"], read: grown },
    index: { files: shards, changed: ["model.safetensors.index.json"], read: inspect },
    safetensors: {
      files: { "model.safetensors": llama["model.safetensors"] },
      changed: ["model.safetensors"],
      read: async (folder) => {
        const file = await checkpoint.SafetensorsFile.open(join(folder, "model.safetensors"));
        try {
          for (const name of [...file.tensors.keys()].slice(0, 2)) await file.read(name);
        } finally {
          await file.close();
        }
      },
    },
    tokenizer: {
      files: filesOf(golden("data", "test", "golden", "llama-3"), /^tokenizer/),
      changed: ["tokenizer.json", "tokenizer_config.json"],
      read: async (folder) => {
        const tokenizer = await data.loadTokenizer(folder, ".");
        tokenizer.decode(tokenizer.encode("The white whale, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"));
      },
    },
    recipe: {
      files: filesOf(join(root, "recipes"), /\.yaml$/),
      changed: ["quickstart.yaml", "partial-stacking.yaml"],
      read: async (folder, name) => recipe.parseRecipe(read(folder, name), name),
    },
    sweep: {
      files: { "sweep.yaml": text("name: a\nmodel: { layers: 1 }\nsweep: { seed: 0..3, model.layers: [1, 2] }\n") },
      changed: ["sweep.yaml"],
      read: async (folder, name) => {
        const { axes, recipe: rest } = recipe.sweepSection(read(folder, name));
        recipe.sweepCells(rest, axes);
      },
    },
    ...Object.fromEntries(
      Object.entries(corpora).map(([name, content]) => [
        `text ${name.slice(2)}`,
        { files: { [name]: content }, changed: [name], read: passages(name) },
      ]),
    ),
    rows: {
      files: {
        "a.jsonl": corpora["a.jsonl"],
        "a.json": corpora["a.json"],
        "a.parquet": text("PAR1\u0015\u0004\u0015PAR1"),
      },
      changed: ["a.jsonl", "a.json", "a.parquet"],
      read: async (folder, name) => {
        for await (const row of data.readRows(join(folder, name))) if (row.where === undefined) throw new Error("lost");
      },
    },
    "token file": {
      files: await samples.tokenFile(data),
      changed: ["a.tokens"],
      read: async (folder, name) => {
        const file = data.TokenFile.open(join(folder, name));
        try {
          await file.verify();
          file.read(0, new Int32Array(Math.min(4, file.length)));
        } finally {
          file.close();
        }
      },
    },
    snapshot: {
      files: await samples.snapshot(checkpoint, await built("ir/dist/index.js")),
      changed: ["snapshot-000001.json", "snapshot-000001.safetensors"],
      read: async (folder) => (await checkpoint.loadSnapshot(folder))?.tensors.close(),
    },
    stage: {
      files: { "stage.json": text(JSON.stringify(samples.stage(plan))) },
      changed: ["stage.json"],
      read: async (folder, name) => recipe.parseStage(JSON.parse(read(folder, name))),
    },
    plan: {
      files: { "growth.json": text(JSON.stringify(plan)) },
      changed: ["growth.json"],
      read: async (folder, name) => growth.parsePlan(JSON.parse(read(folder, name))),
    },
    run: {
      files: samples.run(),
      changed: ["run.json", "recipe.yaml", ...["record.json", "metrics.jsonl", "evaluation.json"].map(inStage)],
      read: (folder) => report.summarizeRun(folder),
    },
    "metrics, cut back": {
      files: { "metrics.jsonl": samples.run()[inStage("metrics.jsonl")] },
      changed: ["metrics.jsonl"],
      read: async (folder, name) => (await runFormat.MetricsFile.open(join(folder, name), 6)).close(),
    },
    journal: samples.growth(grow, { operator: stack, options: { factor: 2 } }, llama),
    mergekit: {
      files: {
        "merge.yml": text(
          "merge_method: passthrough\nslices:\n  - sources: [{ model: a, layer_range: [0, 2] }]\n  - sources: [{ model: a, layer_range: [1, 2], parameters: { scale: [{ filter: o_proj, value: 0 }] } }]\ndtype: float32\n",
        ),
      },
      changed: ["merge.yml"],
      read: async (folder, name) => mergekit.parseMergekit(read(folder, name), name),
    },
    scores: {
      files: { "a.scores.jsonl": text('{"identity":"x"}\n{"sequence":0,"logLikelihoods":[-1,-2],"greedy":true}\n') },
      changed: ["a.scores.jsonl"],
      read: async (folder, name) => (await evaluation.ScoreJournal.open(join(folder, name), "x")).close(),
    },
  };
}

const inStage = (name) => `stages/a/${name}`;

function read(folder, name) {
  return readFileSync(join(folder, name), "utf8");
}

function filesOf(folder, which = /./) {
  const names = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isFile() && which.test(entry.name),
  );
  return Object.fromEntries(names.map(({ name }) => [name, readFileSync(join(folder, name))]));
}
