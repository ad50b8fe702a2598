// Model directories compared with one written by `transformers`, and every way in which one can be wrong.
import { cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hostSources, openModelDirectory, writeModelDirectory, writeSafetensors } from "@cambium/checkpoint";
import { hostTensor } from "@cambium/ir";
import { describe, expect, it } from "vitest";
import { messages, refusal } from "../../files/test/support/errors.js";
import { tempDir } from "../../files/test/support/temp.js";
import { planShards } from "../src/model-directory/shard-index.js";
import { golden } from "./support/golden.js";

const INDEX = "model.safetensors.index.json";
const llama = join(golden, "llama");
const stateDict = JSON.parse(await readFile(join(golden, "llama.json"), "utf8")) as {
  name: string;
  shape: number[];
  sum: number;
  first: number[];
}[];

async function copyOfLlama(): Promise<string> {
  const dir = join(await tempDir(), "llama");
  await cp(llama, dir, { recursive: true });
  return dir;
}

async function editIndex(dir: string, edit: (weights: Record<string, unknown>) => void): Promise<void> {
  const index = JSON.parse(await readFile(join(dir, INDEX), "utf8")) as { weight_map: Record<string, unknown> };
  edit(index.weight_map);
  await writeFile(join(dir, INDEX), JSON.stringify(index));
}

const tensors = { w: hostTensor("f32", [2, 3], [1, 2, 3, 4, 5, 6]), b: hostTensor("f32", [2], [7, 8]) };

describe("openModelDirectory", () => {
  it("finds every tensor of a sharded model, with torch's values", async () => {
    await using model = await openModelDirectory(llama);
    expect([...model.tensors.keys()].sort()).toEqual(stateDict.map(({ name }) => name).sort());
    for (const { name, shape, sum, first } of stateDict) {
      const { data, ...rest } = await model.read(name, "f32");
      expect(rest).toEqual({ dtype: "f32", shape });
      expect([...data.slice(0, 4)]).toEqual(first);
      // Both sums are in float64, over fewer than 100 numbers below 1: 100 ulp of 1.
      expect(Math.abs(data.reduce((total, x) => total + x, 0) - sum)).toBeLessThan(100 * 2 ** -52);
    }
    expect(model.configJson.model_type).toBe("llama");
    expect(model.files.map(({ name }) => name)).toEqual(["generation_config.json"]);
    expect((await refusal(() => model.read("lm_head.bias"))).code).toBe("E_TENSOR_NOT_FOUND");
  });

  it("opens a model of one file with its tokenizer", async () => {
    const dir = join(await tempDir(), "m");
    const extraFiles = ["tokenizer.json", "LICENSE", "notes.txt"].map((name) => ({ name, data: name }));
    await writeModelDirectory(dir, { configJson: { a: 1 }, tensors: hostSources(tensors), extraFiles });
    await using model = await openModelDirectory(dir);
    expect(await model.read("w")).toEqual(tensors.w);
    expect(model.files.map(({ name }) => name)).toEqual(["LICENSE", "tokenizer.json"]);
  });

  it("opens the links of the Hugging Face cache, which lead to its blobs", async () => {
    const root = join(await tempDir(), "models--x--y");
    const dir = join(root, "snapshots", "0123abcd");
    await cp(llama, dir, { recursive: true });
    await mkdir(join(root, "blobs"));
    for (const [i, name] of (await readdir(dir)).entries()) {
      await rename(join(dir, name), join(root, "blobs", String(i)));
      await symlink(join("..", "..", "blobs", String(i)), join(dir, name));
    }
    await using model = await openModelDirectory(dir);
    expect(model.tensors.size).toBe(stateDict.length);
  });

  it("names everything on which shards and index disagree", async () => {
    const dir = await copyOfLlama();
    await rm(join(dir, "model-00003-of-00007.safetensors"));
    await cp(join(dir, "model-00004-of-00007.safetensors"), join(dir, "copy.safetensors"));
    await writeFile(join(dir, "model-00005-of-00007.safetensors"), "short");
    await editIndex(dir, (weights) => {
      delete weights["lm_head.weight"];
      weights.absent = "model-00007-of-00007.safetensors";
      weights["model.norm.weight"] = "model-00007-of-00007.safetensors";
      weights["model.layers.1.self_attn.k_proj.weight"] = "copy.safetensors";
    });
    const error = await refusal(() => openModelDirectory(dir));
    expect(error.code).toBe("E_SHARD_INDEX");
    const said = messages(error).join("\n");
    expect(said).toContain("model-00003-of-00007.safetensors: no such file");
    expect(said).toContain("model-00005-of-00007.safetensors: this safetensors file ends too early");
    expect(said).toContain('lm_head.weight": it is in model-00007-of-00007.safetensors but not in the index');
    expect(said).toContain('"absent": the index lists it in model-00007-of-00007.safetensors, which does not have it');
    expect(said).toContain(
      '"model.norm.weight": it is in model-00006-of-00007.safetensors; the index says model-00007',
    );
    expect(said).toContain(
      'q_proj.weight": it is in two shards, copy.safetensors and model-00004-of-00007.safetensors',
    );
  });

  it.each([
    "../model-00001-of-00007.safetensors",
    "/etc/passwd.safetensors",
    "sub/model.safetensors",
    "..\\model.safetensors",
    "C:model.safetensors",
    "a\u0000.safetensors",
    "..",
    "",
    "config.json",
    7,
    null,
  ])("refuses an index that leads to %j", async (file) => {
    const dir = await copyOfLlama();
    await editIndex(dir, (weights) => {
      weights["lm_head.weight"] = file;
      weights["model.norm.weight"] = file;
    });
    const error = await refusal(() => openModelDirectory(dir));
    expect(error.code).toBe("E_SHARD_INDEX");
    expect(messages(error)).toEqual([
      'tensor "lm_head.weight": its shard is not a plain file name',
      'tensor "model.norm.weight": its shard is not a plain file name',
    ]);
  });

  it.each(["model-00002-of-00007.safetensors", "config.json", "generation_config.json", INDEX])(
    "refuses a link out of the directory: %s",
    async (name) => {
      const dir = await copyOfLlama();
      await rename(join(dir, name), join(dir, "..", "elsewhere"));
      await symlink(join("..", "elsewhere"), join(dir, name));
      const error = await refusal(() => openModelDirectory(dir));
      expect(error.format()).toContain("a link leads out of its directory");
    },
  );

  it("finds a tensor listed twice in the index", async () => {
    const dir = await copyOfLlama();
    const text = await readFile(join(dir, INDEX), "utf8");
    const line = '"lm_head.weight": "model-00007-of-00007.safetensors"';
    await writeFile(join(dir, INDEX), text.replace(line, `${line}, ${line}`));
    expect((await refusal(() => openModelDirectory(dir))).format()).toContain(
      'the key "lm_head.weight" is given twice',
    );
  });

  it.each<[string, string, (dir: string) => Promise<unknown>]>([
    ["an absent directory", "E_NOT_FOUND", (dir) => rm(dir, { recursive: true })],
    ["no config", "E_NOT_FOUND", (dir) => rm(join(dir, "config.json"))],
    ["a config that is not JSON", "E_JSON", (dir) => writeFile(join(dir, "config.json"), "{")],
    ["a config that is not an object", "E_JSON", (dir) => writeFile(join(dir, "config.json"), "[]")],
    ["a config that is not UTF-8", "E_UTF8", (dir) => writeFile(join(dir, "config.json"), Uint8Array.of(0xff))],
    ["a huge config", "E_TOO_LARGE", (dir) => writeFile(join(dir, "config.json"), " ".repeat(16_000_001))],
    ["no weights", "E_NO_WEIGHTS", (dir) => rm(join(dir, INDEX))],
    ["weights twice", "E_TWO_WEIGHTS", (dir) => writeSafetensors(join(dir, "model.safetensors"), [])],
    ["an index without a map", "E_SHARD_INDEX", (dir) => writeFile(join(dir, INDEX), "{}")],
    ["an index that is not JSON", "E_SHARD_INDEX", (dir) => writeFile(join(dir, INDEX), "weight_map")],
  ])("names %s", async (_, code, spoil) => {
    const dir = await copyOfLlama();
    await spoil(dir);
    expect((await refusal(() => openModelDirectory(dir))).code).toBe(code);
  });

  it.each(["{", "{}", "\ufeff\u0000"])(
    "takes a single file beside an index that no shard is left of: %j",
    async (text) => {
      const dir = join(await tempDir(), "model");
      await writeModelDirectory(dir, { configJson: {}, tensors: hostSources(tensors, "bf16") });
      await writeFile(join(dir, INDEX), text);
      await using model = await openModelDirectory(dir);
      expect([...model.tensors.keys()]).toContain("w");
    },
  );

  it("says what to do with pickled weights", async () => {
    const dir = await tempDir();
    await writeFile(join(dir, "config.json"), "{}");
    await writeFile(join(dir, "pytorch_model.bin"), "");
    expect((await refusal(() => openModelDirectory(dir))).details.hint).toContain("save_pretrained");
  });

  it("names what is wrong with config and weights at once", async () => {
    const error = await refusal(async () => openModelDirectory(await tempDir()));
    expect(error.code).toBe("E_MODEL_DIRECTORY");
    expect(error.details.reasons).toHaveLength(2);
  });
});

describe("writeModelDirectory", () => {
  it("writes what transformers wrote, byte for byte: shards, index, companions", async () => {
    const dir = join(await tempDir(), "copy");
    await using model = await openModelDirectory(llama);
    await writeModelDirectory(dir, {
      configJson: await readFile(join(llama, "config.json"), "utf8"),
      tensors: stateDict.map(({ name }) => model.source(name)),
      maxShardBytes: 1000,
      extraFiles: model.files,
    });
    expect((await readdir(dir)).sort()).toEqual((await readdir(llama)).sort());
    for (const name of await readdir(llama)) {
      expect((await readFile(join(dir, name))).equals(await readFile(join(llama, name))), name).toBe(true);
    }
  });

  it("stores floats as asked, and in one file by default", async () => {
    const dir = join(await tempDir(), "deep", "er");
    await writeModelDirectory(dir, { configJson: {}, tensors: hostSources(tensors, "bf16") });
    await using model = await openModelDirectory(dir);
    expect((await readdir(dir)).sort()).toEqual(["config.json", "model.safetensors"]);
    expect(model.tensors.get("w")?.dtype).toBe("BF16");
    expect(await model.read("w", "f32")).toEqual(tensors.w);
  });

  it("replaces a directory only if asked to, and then completely", async () => {
    const dir = await tempDir();
    await writeFile(join(dir, "precious.txt"), "x");
    const content = { configJson: {}, tensors: hostSources(tensors) };
    expect((await refusal(() => writeModelDirectory(dir, content))).code).toBe("E_EXISTS");
    expect(await readdir(dir)).toEqual(["precious.txt"]);
    await writeModelDirectory(dir, { ...content, replace: true });
    expect((await readdir(dir)).sort()).toEqual(["config.json", "model.safetensors"]);
    const file = join(dir, "config.json");
    expect((await refusal(() => writeModelDirectory(file, content))).code).toBe("E_EXISTS");
    expect((await refusal(() => writeModelDirectory(file, { ...content, replace: true }))).code).toBe("E_EXISTS");
  });

  it("leaves nothing when a tensor fails", async () => {
    const parent = await tempDir();
    const sources = hostSources({ ok: tensors.w, bad: hostTensor("f32", [1], [1e6]) }, "f16");
    const error = await refusal(() => writeModelDirectory(join(parent, "m"), { configJson: {}, tensors: sources }));
    expect(error.code).toBe("E_RANGE");
    expect(await readdir(parent)).toEqual([]);
  });

  it("names every extra file it will not write", async () => {
    const dir = join(await tempDir(), "m");
    const extraFiles = ["../x", "config.json", "a", "a", "sub/b"].map((name) => ({ name, data: "" }));
    const error = await refusal(() => writeModelDirectory(dir, { configJson: {}, tensors: [], extraFiles }));
    expect(error.code).toBe("E_EXTRA_FILES");
    expect(error.details.reasons).toHaveLength(4);
    const absent = [{ name: "a", from: join(dir, "absent") }];
    const missing = await refusal(() => writeModelDirectory(dir, { configJson: {}, tensors: [], extraFiles: absent }));
    expect(missing.code).toBe("E_NOT_FOUND");
    expect(missing.details.where).toBe(join(dir, "absent"));
  });
});

describe("planShards", () => {
  const info = (name: string, size: number) => ({ name, dtype: "U8" as const, shape: [size] });
  const sizes = (...bytes: number[]) => bytes.map((size, i) => info(`t${i}`, size));
  const cut = (bytes: number[], max: number) =>
    planShards(sizes(...bytes), max).shards.map(({ tensors }) => tensors.map(({ shape }) => shape[0]));

  it("fills files in order, and gives a tensor that is too large a file of its own", () => {
    expect(cut([4, 4, 4], 8)).toEqual([[4, 4], [4]]);
    expect(cut([4, 9, 4, 1], 8)).toEqual([[9], [4, 4], [1]]);
    expect(cut([8, 8], 8)).toEqual([[8], [8]]);
    expect(cut([9, 1], 8)).toEqual([[9], [1]]);
    expect(cut([], 8)).toEqual([[]]);
    expect(cut([1, 2], Number.POSITIVE_INFINITY)).toEqual([[1, 2]]);
  });

  it.each([0, -1, Number.NaN])("refuses shards of %d bytes", async (max) => {
    expect((await refusal(() => planShards(sizes(1), max))).code).toBe("E_SHARD_SIZE");
  });
});
