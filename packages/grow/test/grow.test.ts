// Growth of model directories: the bytes, the config, what is refused, headers alone.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openModelDirectory } from "@cambium/checkpoint";
import { takeLock } from "@cambium/files";
import { dryRunGrowth, type GrowReport, growDirectory } from "@cambium/grow/node";
import { defineOperator, depthOperator, scale, sum, zeros } from "@cambium/growth";
import { fromBf16, toBf16 } from "@cambium/ir";
import { modelSizes, parameterTable } from "@cambium/model";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { messages, refusal } from "../../files/test/support/errors.js";
import { tempDir } from "../../files/test/support/temp.js";
import { llamaJson, llamaShards, type Stored, stacked, writeModel } from "./support/grow-models.js";
import { files } from "./support/grow-process.js";

const foreignText = `{
  "model_type": "qwen-like", "num_hidden_layers": 2, "rope_theta": 10000.0,  "eos_token_id": [1, 2],
  "layer_types": ["full", "sliding"], "windows": [null, 4096], "mlp_only_layers": [1],
  "quantization_config": { "ignore": ["lm_head", "model.layers.1.mlp.gate"] }
}
`;
const u8 = (...shape: number[]): Stored => ({ dtype: "U8", shape, bytes: shape.reduce((a, b) => a * b, 1) });
const foreign = (n: number): Record<string, Stored> => ({
  [`model.layers.${n}.self_attn.q_norm.weight`]: { dtype: "F8_E4M3", shape: [5], bytes: 5 },
  [`model.layers.${n}.self_attn.k_proj.bias`]: { dtype: "F64", shape: [3], bytes: 24 },
  [`model.layers.${n}.mlp.experts.1.packed`]: u8(7, 3),
});

describe("growth by a layer list", () => {
  it("places every tensor of a family nobody knows, bytes unchanged, and rewrites what is said per layer", async () => {
    const dir = await tempDir();
    const source = writeModel(join(dir, "a"), foreignText, [{ "x.embed": u8(9) }, foreign(0), foreign(1)]);
    writeFileSync(join(source, "tokenizer.json"), '{ "a":   1 }\r\n');
    const target = join(dir, "b");
    const options = { operator: stacked, options: { layers: 4 }, maxShardBytes: 60, verify: true };
    expect((await growDirectory(source, target, options)).state).toBe("done");
    await using small = await openModelDirectory(source);
    await using large = await openModelDirectory(target);
    expect(large.tensors.size).toBe(1 + 4 * 3);
    for (const [name, { dtype, shape }] of large.tensors) {
      const from = name.replace(/layers\.(\d)/, (_, layer) => `layers.${Number(layer) % 2}`);
      expect({ dtype, shape }).toMatchObject({ ...pick(small.tensors.get(from)) });
      expect(await large.shardOf(name).readBytes(name)).toEqual(await small.shardOf(from).readBytes(from));
    }
    expect(large.shards.length).toBeGreaterThan(2);
    const text = readFileSync(join(target, "config.json"), "utf8");
    expect(text).toContain('"rope_theta": 10000.0,  "eos_token_id": [1, 2],');
    expect(JSON.parse(text)).toEqual({
      ...JSON.parse(foreignText),
      num_hidden_layers: 4,
      layer_types: ["full", "sliding", "full", "sliding"],
      windows: [null, 4096],
      mlp_only_layers: [1, 3],
      quantization_config: { ignore: ["lm_head", "model.layers.1.mlp.gate", "model.layers.3.mlp.gate"] },
    });
    expect(files(target)["tokenizer.json"]).toEqual(files(source)["tokenizer.json"]);
    const record = JSON.parse(readFileSync(join(target, "growth.json"), "utf8"));
    expect(record.layers).toEqual([[0], [1], [0], [1]]);
    const sum = (path: string) => spawnSync("sha256sum", [path], { encoding: "utf8" }).stdout.split(" ")[0];
    expect(Object.keys(record.files)).toEqual(
      Object.keys(files(target)).filter((file) => /\d\.safetensors$/.test(file)),
    );
    for (const file of Object.keys(record.files)) expect(sum(join(target, file))).toBe(record.files[file]);
    const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
    expect(Object.keys(record.sha256.result).sort()).toEqual([...large.tensors.keys()].sort());
    for (const name of large.tensors.keys())
      expect(record.sha256.result[name]).toBe(hashOf(await large.shardOf(name).readBytes(name)));
    expect(Object.keys(record.sha256.source).sort()).toEqual([...small.tensors.keys()].sort());
    for (const name of small.tensors.keys())
      expect(record.sha256.source[name]).toBe(hashOf(await small.shardOf(name).readBytes(name)));
    for (const { name, sha256 } of record.source) expect(sum(join(source, name))).toBe(sha256);
    const plain = join(dir, "plain");
    await growDirectory(source, plain, { ...options, verify: false });
    const { files: _, ...rest } = record;
    const unhashed = rest.source.map(({ sha256: _, ...file }: { sha256: string }) => file);
    expect(JSON.parse(readFileSync(join(plain, "growth.json"), "utf8"))).toEqual({ ...rest, source: unhashed });
    expect(readdirSync(dir).sort()).toEqual(["a", "b", "plain"]);
    expect((await growDirectory(source, target, options)).state).toBe("cached");
    expect((await growDirectory(source, plain, options)).state).toBe("cached");
    expect(JSON.parse(readFileSync(join(plain, "growth.json"), "utf8"))).toEqual(record);
    const shard = join(plain, Object.keys(record.files).at(-1) as string);
    const bytes = readFileSync(shard);
    writeFileSync(shard, bytes.with(bytes.length - 1, (bytes.at(-1) as number) ^ 1));
    expect((await refusal(() => growDirectory(source, plain, options))).code).toBe("E_GROWTH_VERIFY");
    const weights = join(source, readdirSync(source).find((file) => file.endsWith(".safetensors")) as string);
    const later = new Date(Date.now() + 60_000);
    utimesSync(weights, later, later);
    expect((await growDirectory(source, target, options)).state).toBe("cached");
  });

  it("that was killed when all but its lock was done leaves nothing once it is asked for again", async () => {
    const dir = await tempDir();
    const source = writeModel(join(dir, "a"), llamaJson(2, 8, 16), llamaShards(2, 8, 16));
    const options = { operator: stacked, options: { factor: 2 } };
    await growDirectory(source, join(dir, "b"), options);
    const lock = join(dir, ".b.growing.lock");
    const release = await takeLock(lock, { code: "E_BUSY", message: "busy", hint: "wait" });
    const held = JSON.parse(readFileSync(lock, "utf8"));
    await release();
    writeFileSync(lock, JSON.stringify({ ...held, pid: spawnSync(process.execPath, ["-e", ""]).pid }));
    expect((await growDirectory(source, join(dir, "b"), options)).state).toBe("cached");
    expect(readdirSync(dir).sort()).toEqual(["a", "b"]);
  });

  it("lists what is dropped, and refuses rules that no number can state, all at once", async () => {
    const dir = await tempDir();
    const tail = depthOperator({ name: "tail", version: "1.0.0", summary: "-", layers: (_, n) => Array(n).fill(1) });
    const swap = depthOperator({ name: "swap", version: "1.0.0", summary: "-", layers: () => [1, 0] });
    const source = writeModel(join(dir, "a"), foreignText, [foreign(0), foreign(1)], "none");
    const { tensors } = await dryRunGrowth(source, join(dir, "b"), { operator: tail, options: { layers: 3 } });
    expect([...tensors.dropped].sort()).toEqual(Object.keys(foreign(0)).sort());
    writeFileSync(
      join(source, "config.json"),
      '{"num_hidden_layers": 2, "first_k_dense_replace": 1, "decoder_sparse_step": 2}',
    );
    const error = await refusal(() => dryRunGrowth(source, join(dir, "b"), { operator: swap, options: { factor: 1 } }));
    expect(error.code).toBe("E_GROWTH_REFUSED");
    expect(messages(error).join()).toMatch(/first_k_dense_replace.*decoder_sparse_step/);
    writeFileSync(join(source, "config.json"), '{"num_hidden_layers": 3}');
    const lying = await refusal(() => dryRunGrowth(source, join(dir, "b"), { operator: stacked }));
    expect(lying.code).toMatch(/E_CONFIG|E_GROWTH_REFUSED/);
  });
});

describe("before anything is written", () => {
  it("every mistake is found at once, each with its code", async () => {
    const dir = await tempDir();
    const config = { ...llamaJson(80, 8192, 28672), first_k_dense_replace: 1 };
    const source = writeModel(join(dir, "a"), config, llamaShards(80, 8192, 28672), "none");
    mkdirSync(join(dir, "b"));
    writeFileSync(join(dir, "b", "precious"), "mine");
    const request = { operator: stacked, options: { factor: 10 }, maxShardBytes: 0 };
    let seen: GrowReport | undefined;
    const onReport = (report: GrowReport) => {
      seen = report;
    };
    const error = await refusal(() => dryRunGrowth(source, join(dir, "b"), { ...request, onReport }));
    expect(error.code).toBe("E_MISTAKES");
    const codes = error.details.reasons?.map(({ code }) => code);
    expect(codes?.sort()).toEqual(["E_DISK_FULL", "E_EXISTS", "E_GROWTH_REFUSED", "E_SHARD_SIZE"]);
    expect(seen).toMatchObject({ bytesDone: 0, memory: expect.any(Number) });
    expect(seen?.memory).toBeLessThan(300e6);
  });

  it("mistakes of the model and of the request are reported together", async () => {
    const dir = await tempDir();
    const source = writeModel(join(dir, "a"), { num_hidden_layers: 3 }, [foreign(0), foreign(1)], "none");
    const options = { colour: "red" };
    const error = await refusal(() =>
      dryRunGrowth(source, join(source, "config.json", "b"), { operator: stacked, options }),
    );
    const codes = error.details.reasons?.map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set(["E_GROWTH_REFUSED", "E_GROWTH_OPTION", "E_GROWTH_TARGET", "E_NOT_FOUND"]));
  });
});

function pick(entry?: { dtype: string; shape: readonly number[] }) {
  return { dtype: entry?.dtype, shape: entry?.shape };
}

/** A sum, since scaled copies of any model's tensors are placed as copies are. */
/** Copies of the top layer that write nothing to the stream. */
const silenced = depthOperator({
  name: "silenced",
  version: "1.0.0",
  summary: "-",
  layers: (base, target) => Array.from({ length: target }, (_, t) => Math.min(t, base - 1)),
  refine: (parts, { base, target }) => ({
    ...parts,
    tensors: {
      ...parts.tensors,
      ...Object.fromEntries(
        parameterTable(target).flatMap(({ name, layer, writes, shape }) =>
          (layer ?? 0) >= modelSizes(base).layers && writes === "stream" ? [[name, zeros(shape)]] : [],
        ),
      ),
    },
  }),
});

const halved = defineOperator({
  name: "halved",
  version: "1.0.0",
  summary: "Every tensor by a third.",
  options: z.strictObject({}),
  target: (base) => base,
  plan: (base) => ({
    tensors: Object.fromEntries(
      parameterTable(base).map(({ name }) => [name, sum([scale({ kind: "copy", source: name }, 1 / 3)])]),
    ),
    optimizer: { moments: {} },
  }),
});

describe("what older and larger checkpoints hold besides their layers", () => {
  const [rest = {}, ...layers] = llamaShards(2, 8, 16);
  const inv = (n: number): Record<string, Stored> => ({
    [`model.layers.${n}.self_attn.rotary_emb.inv_freq`]: { dtype: "F32", shape: [4], bytes: 16 },
  });
  const more: Record<string, Stored> = {
    "model.layers.2.eh_proj.weight": u8(4, 8),
    "model.layers.2.shared_head.norm.weight": u8(4),
  };

  it("buffers of rotary embeddings do not stand in the way of zeroed layers", async () => {
    const dir = await tempDir();
    const source = writeModel(join(dir, "a"), llamaJson(2, 8, 16), [rest, ...layers, inv(0), inv(1)]);
    await growDirectory(source, join(dir, "b"), { operator: silenced, options: { layers: 4 } });
    await using large = await openModelDirectory(join(dir, "b"));
    expect(large.tensors.has("model.layers.3.self_attn.rotary_emb.inv_freq")).toBe(true);
    expect((await large.read("model.layers.3.mlp.down_proj.weight")).data.every((value) => value === 0)).toBe(true);
  });

  it("blocks behind the last layer are named with the flag that leaves them out, and then left out", async () => {
    const dir = await tempDir();
    const config = { ...llamaJson(2, 8, 16), num_nextn_predict_layers: 1 };
    const source = writeModel(join(dir, "a"), config, [rest, ...layers, more]);
    const error = await refusal(() => dryRunGrowth(source, join(dir, "b"), { operator: stacked }));
    expect(error.format()).toContain("--drop 'model.layers.2.*'");
    const request = { operator: stacked, options: { factor: 2 }, drop: ["model.layers.2.*"] };
    const { report } = await growDirectory(source, join(dir, "b"), request);
    expect([...report.tensors.dropped].sort()).toEqual(Object.keys(more).sort());
    await using large = await openModelDirectory(join(dir, "b"));
    expect(large.configJson).toMatchObject({ num_hidden_layers: 4, num_nextn_predict_layers: 0 });
    expect(large.tensors.has("model.layers.2.eh_proj.weight")).toBe(false);
  });

  it("an unknown model type is grown with a warning, which strictness refuses", async () => {
    const dir = await tempDir();
    const source = writeModel(join(dir, "a"), foreignText, [foreign(0), foreign(1)], "none");
    const { warnings } = await dryRunGrowth(source, join(dir, "b"), { operator: stacked });
    expect(warnings.join()).toContain("qwen-like");
    const error = await refusal(() => dryRunGrowth(source, join(dir, "b"), { operator: stacked, strict: true }));
    expect(error.code).toBe("E_GROWTH_UNCHECKED");
  });

  it("a folder of links is read where that is asked for", async () => {
    const dir = await tempDir();
    const source = writeModel(join(dir, "a"), llamaJson(2, 8, 16), [rest, ...layers], "none");
    mkdirSync(join(dir, "links"));
    for (const name of readdirSync(source)) symlinkSync(join(source, name), join(dir, "links", name));
    const error = await refusal(() => dryRunGrowth(join(dir, "links"), join(dir, "b"), { operator: stacked }));
    expect(error.format()).toContain("--follow-links");
    const { bytesIn } = await dryRunGrowth(join(dir, "links"), join(dir, "b"), {
      operator: stacked,
      followLinks: true,
    });
    expect(bytesIn).toBeGreaterThan(0);
  });
});

describe("growth by a plan", () => {
  it("computes row by row what one would by hand, in the type of the source", async () => {
    const dir = await tempDir();
    const source = writeModel(join(dir, "a"), llamaJson(1, 8, 16), llamaShards(1, 8, 16));
    await growDirectory(source, join(dir, "b"), { operator: halved, verify: true });
    await using small = await openModelDirectory(source);
    await using large = await openModelDirectory(join(dir, "b"));
    for (const name of small.tensors.keys()) {
      const [before, after] = [(await small.read(name)).data, (await large.read(name)).data];
      for (let i = 0; i < before.length; i++) {
        const expected = fromBf16(toBf16(fromBf16(before[i] as number) * (1 / 3)));
        expect(fromBf16(after[i] as number)).toBe(expected);
      }
    }
  });

  it("refuses tensors that the parameter table does not know, by name", async () => {
    const dir = await tempDir();
    const shards = [...llamaShards(1, 8, 16), { "model.layers.0.self_attn.q_proj.bias": u8(2) }];
    const source = writeModel(join(dir, "a"), llamaJson(1, 8, 16), shards, "none");
    const error = await refusal(() => dryRunGrowth(source, join(dir, "b"), { operator: halved }));
    expect(error.code).toBe("E_GROWTH_UNKNOWN_TENSOR");
    expect(messages(error).join()).toContain("q_proj.bias");
  });
});

describe("a tied config over files with a head", () => {
  const tied = { ...llamaJson(1, 8, 16), tie_word_embeddings: true };

  it("go along where the embedding is copied; where it is computed a head that is the embedding is left out and listed", async () => {
    const dir = await tempDir();
    const [rest = {}, ...layers] = llamaShards(1, 8, 16);
    const source = writeModel(join(dir, "a"), tied, [rest, ...layers]);
    await growDirectory(source, join(dir, "b"), { operator: stacked, options: { factor: 2 }, verify: true });
    await using both = await openModelDirectory(join(dir, "b"));
    expect(both.tensors.has("lm_head.weight")).toBe(true);
    const different = await refusal(() => growDirectory(source, join(dir, "c"), { operator: halved }));
    expect(different.code).toBe("E_GROWTH_SOURCE");
    expect(different.format()).toMatch(/lm_head[\s\S]*tie_word_embeddings/);
    const holes = writeModel(join(dir, "holes"), tied, [rest, ...layers], "sparse");
    const { report } = await growDirectory(holes, join(dir, "d"), { operator: halved });
    expect(report.tensors.dropped).toEqual(["lm_head.weight"]);
    await using one = await openModelDirectory(join(dir, "d"));
    expect(one.tensors.has("lm_head.weight")).toBe(false);
  });

  it("a head that an untied config requires and the files lack is named, with what to try", async () => {
    const dir = await tempDir();
    const [{ "lm_head.weight": _, ...rest } = {}, ...layers] = llamaShards(1, 8, 16);
    const untied = { ...tied, tie_word_embeddings: false };
    const source = writeModel(join(dir, "a"), untied, [rest as Record<string, Stored>, ...layers], "none");
    const error = await refusal(() => dryRunGrowth(source, join(dir, "b"), { operator: halved }));
    expect(error.format()).toMatch(/^E_GROWTH_SOURCE[\s\S]*lm_head.weight[\s\S]*tie_word_embeddings/);
    await dryRunGrowth(source, join(dir, "b"), { operator: stacked });
  });
});

describe("another type, where it is asked for", () => {
  it("rounds float tensors once, and says so in the config; others keep their bytes", async () => {
    const dir = await tempDir();
    const [rest = {}, ...layers] = llamaShards(1, 8, 16);
    const source = writeModel(join(dir, "a"), llamaJson(1, 8, 16), [{ ...rest, "x.table": u8(5) }, ...layers]);
    const request = { operator: stacked, options: { factor: 2 }, verify: true };
    await growDirectory(source, join(dir, "b"), { ...request, dtype: "f32" });
    await using small = await openModelDirectory(source);
    await using large = await openModelDirectory(join(dir, "b"));
    expect(large.configJson["torch_dtype"]).toBe("float32");
    for (const [name, { dtype }] of large.tensors) {
      const from = name.replace(/layers\.\d/, "layers.0");
      if (name === "x.table") expect(await large.source(name)).toMatchObject({ dtype: "U8" });
      else {
        expect(dtype).toBe("F32");
        expect((await large.read(name)).data).toEqual((await small.read(from, "f32")).data);
      }
    }
  });

  it("refuses what half precision cannot hold, and a quantised checkpoint", async () => {
    const dir = await tempDir();
    const source = writeModel(join(dir, "a"), llamaJson(1, 8, 16), llamaShards(1, 8, 16));
    const error = await refusal(() => growDirectory(source, join(dir, "b"), { operator: stacked, dtype: "f16" }));
    // Pseudo-random bits of bf16 reach 10³⁸.
    expect(error.code).toBe("E_RANGE");
    const packed = writeModel(join(dir, "q"), foreignText, [foreign(0), foreign(1)], "none");
    const refused = await refusal(() => dryRunGrowth(packed, join(dir, "c"), { operator: stacked, dtype: "f32" }));
    expect(refused.code).toBe("E_GROWTH_REFUSED");
  });
});
