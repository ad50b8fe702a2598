// Files beside the weights: all go along except weights in other formats, which are named.
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { hostSources, listBeside, openModelDirectory, writeModelDirectory } from "@cambium/checkpoint";
import { hostTensor } from "@cambium/ir";
import { expect, it } from "vitest";
import { refusal } from "../../files/test/support/errors.js";
import { tempDir } from "../../files/test/support/temp.js";

async function modelWith(names: readonly string[]): Promise<string> {
  const path = join(await tempDir(), "model");
  await writeModelDirectory(path, { configJson: {}, tensors: hostSources({ a: hostTensor("f32", [1], [1]) }) });
  for (const name of names) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), name);
  }
  return path;
}

const along = [
  ...["README.md", "LICENSE-MODEL.txt", "USE_POLICY.md", "tekken.json", "preprocessor_config.json", ".gitattributes"],
  ...["modeling_mine.py", "lib/kernels/attention.py", "1_Pooling/config.json", "additional_chat_templates/tool.jinja"],
  ...["modules.json", "spiece.model", "qwen.tiktoken", "images/card.png", "quantize_config.json"],
];
const stale = [
  ...["pytorch_model.bin", "pytorch_model-00001-of-00002.bin", "pytorch_model.bin.index.json", "model-q4.gguf"],
  ...["model.fp16.safetensors", "model.fp16.safetensors.index.json", "tf_model.h5", "flax_model.msgpack"],
  ...[
    "consolidated.00.pth",
    "params.json",
    "consolidated.safetensors",
    "original/consolidated.00.pth",
    "rust_model.ot",
  ],
  ...["adapter_config.json", "adapter_model.safetensors", "optimizer.pt", "model.onnx_data"],
];

it("files go along, sub-folders included; weights in other formats are left and named", async () => {
  const path = await modelWith([...along, ...stale, "onnx/model.onnx", ".git/HEAD", "__pycache__/x.pyc"]);
  await using model = await openModelDirectory(path);
  const { files, left } = await listBeside(model);
  expect(files.map(({ name }) => name).sort()).toEqual([...along].sort());
  expect(left.filter(({ why }) => why === "weights in another format").map(({ name }) => name)).toEqual(
    [...stale, "onnx/"].sort(),
  );
  const rest = left.filter(({ why }) => why !== "weights in another format");
  expect(rest.map(({ name }) => name)).toEqual([".git", "__pycache__"]);
});

it("is no other model: a training's checkpoints stay behind whole, by name", async () => {
  const others = ["checkpoint-500/config.json", "checkpoint-500/model.safetensors", "checkpoint-500/tokenizer.json"];
  const older = [
    "old/config.json",
    "old/pytorch_model.bin",
    "deep/er/config.json",
    "deep/er/model-00001-of-00002.safetensors",
  ];
  const path = await modelWith([...others, ...older, "deep/notes.txt", "1_Pooling/config.json"]);
  await using model = await openModelDirectory(path);
  const { files, left } = await listBeside(model);
  expect(files.map(({ name }) => name)).toEqual(["1_Pooling/config.json", "deep/notes.txt"]);
  expect(left).toEqual(["checkpoint-500/", "deep/er/", "old/"].map((name) => ({ name, why: "a model of its own" })));
});

it("links out of the directory and pipes are left; a pipe in place of a licence is refused by name", async () => {
  const path = await modelWith(["notes.txt"]);
  symlinkSync("/etc", join(path, "etc"));
  symlinkSync("/etc/passwd", join(path, "users.txt"));
  symlinkSync("nowhere", join(path, "gone.txt"));
  symlinkSync(".", join(path, "circle"));
  execFileSync("mkfifo", [join(path, "pipe.txt")]);
  await using model = await openModelDirectory(path);
  const { files, left } = await listBeside(model);
  expect(files.map(({ name }) => name)).toEqual(["notes.txt"]);
  expect(left.map(({ name }) => name)).toEqual(["circle", "etc", "gone.txt", "pipe.txt", "users.txt"]);
  execFileSync("mkfifo", [join(path, "LICENSE")]);
  const error = await refusal(() => listBeside(model));
  expect([error.code, error.details.where]).toEqual(["E_NOT_A_FILE", join(path, "LICENSE")]);
});

it("a snapshot of the Hugging Face cache has the files that its links lead to", async () => {
  const real = await modelWith([]);
  const hub = join(await tempDir(), "models--me--m");
  const snapshot = join(hub, "snapshots", "abc");
  mkdirSync(join(snapshot, "code"), { recursive: true });
  mkdirSync(join(hub, "blobs"));
  for (const name of ["config.json", "model.safetensors"])
    execFileSync("cp", [join(real, name), join(hub, "blobs", name)]);
  writeFileSync(join(hub, "blobs", "1234"), "code");
  for (const name of ["config.json", "model.safetensors"])
    symlinkSync(join("..", "..", "blobs", name), join(snapshot, name));
  symlinkSync(join("..", "..", "..", "blobs", "1234"), join(snapshot, "code", "modeling.py"));
  await using model = await openModelDirectory(snapshot);
  expect(await listBeside(model)).toMatchObject({ files: [{ name: "code/modeling.py", bytes: 4 }], left: [] });
});
