// Checkpoints, texts, tokenizers and runs that are damaged or missing: the typed error in one screen, no stack trace.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { expectMistake, folder, write } from "./bad-input.js";
import { golden, stack } from "./support.js";

describe("checkpoints", () => {
  const checkpoint = () => {
    const path = join(folder, "model");
    cpSync(join(golden, "gqa-tied"), path, { recursive: true });
    return path;
  };
  const config = (path: string, change: (config: Record<string, unknown>) => void) => {
    const file = join(path, "config.json");
    const json = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    change(json);
    writeFileSync(file, JSON.stringify(json));
  };
  const cases: [string, (path: string) => void, RegExp][] = [
    ["no config.json", (path) => rmSync(join(path, "config.json")), /config\.json/],
    ["a config.json that is not JSON", (path) => writeFileSync(join(path, "config.json"), "{"), /config\.json/],
    [
      "another architecture",
      (path) => config(path, (c) => Object.assign(c, { model_type: "gpt2", architectures: ["GPT2LMHeadModel"] })),
      /gpt2/i,
    ],
    ["another activation", (path) => config(path, (c) => Object.assign(c, { hidden_act: "gelu" })), /gelu/],
    ["biases", (path) => config(path, (c) => Object.assign(c, { attention_bias: true })), /attention_bias/],
    [
      "an unknown RoPE",
      (path) =>
        config(path, (c) => Object.assign(c, { rope_parameters: { rope_type: "yarn", rope_theta: 1e4, factor: 2 } })),
      /yarn/,
    ],
    [
      "heads that do not fit",
      (path) => config(path, (c) => Object.assign(c, { num_key_value_heads: 4 })),
      /num_key_value_heads|heads/,
    ],
    [
      "a size that is missing",
      (path) => config(path, (c) => Object.assign(c, { hidden_size: undefined })),
      /hidden_size/,
    ],
    ["no weights", (path) => rmSync(join(path, "model.safetensors")), /safetensors/],
    ["an empty weights file", (path) => writeFileSync(join(path, "model.safetensors"), ""), /safetensors/],
    ["truncated weights", (path) => truncateSync(join(path, "model.safetensors"), 5000), /model\.safetensors/],
    [
      "a header longer than the file",
      (path) => writeFileSync(join(path, "model.safetensors"), Buffer.from([255, 255, 255, 255, 0, 0, 0, 0, 123])),
      /model\.safetensors/,
    ],
    ["an index that leaves the directory", (path) => writeIndex(path, "../model.safetensors"), /\.\.\/model/],
    ["an index with an absolute path", (path) => writeIndex(path, "/etc/passwd"), /etc\/passwd/],
    ["an index that names a missing shard", (path) => writeIndex(path, "model-00001-of-00001.safetensors"), /00001/],
    ["a shard that links out of the directory", linkOut, /model-00001-of-00001/],
    [
      "a configuration with more layers than tensors",
      (path) => config(path, (c) => Object.assign(c, { num_hidden_layers: 3 })),
      /layers\.2\./,
    ],
  ];
  test.each(cases)("%s", async (_, damage, mentions) => {
    const path = checkpoint();
    damage(path);
    const args = ["generate", path, "--tokens", "1,2", "--backend", "reference", "-n", "1"];
    await expectMistake(args, "E_", mentions);
  });

  function writeIndex(path: string, shard: string): void {
    rmSync(join(path, "model.safetensors"));
    writeFileSync(
      join(path, "model.safetensors.index.json"),
      JSON.stringify({ metadata: {}, weight_map: { "model.norm.weight": shard } }),
    );
  }

  function linkOut(path: string): void {
    const outside = write("outside.safetensors", readFileSync(join(path, "model.safetensors")));
    writeIndex(path, "model-00001-of-00001.safetensors");
    symlinkSync(outside, join(path, "model-00001-of-00001.safetensors"));
  }

  test("an existing target is left alone", async () => {
    const path = checkpoint();
    const target = join(folder, "there");
    mkdirSync(target);
    writeFileSync(join(target, "precious"), "mine");
    await expectMistake(["grow", path, target, "--operator", stack], "E_EXISTS", /there/);
    expect(readFileSync(join(target, "precious"), "utf8")).toBe("mine");
  });
});

describe("texts and tokenizers", () => {
  const text = Array.from({ length: 400 }, (_, i) => `Line ${i} of a text about a whale.`).join("\n\n");
  const tiny = (data: string) => `name: r
data: { ${data}, heldOut: 0.3 }
backend: reference
model: { layers: 1, hidden: 4, heads: 1, intermediate: 4, context: 8 }
train: { tokens: 16, batch: 1, lr: 1e-3 }
`;
  const tokenizer = (change: (json: Record<string, unknown>) => void) => {
    const path = new URL("../../data/test/golden/byte-level/tokenizer.json", import.meta.url);
    const json = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    change(json);
    return write("tokenizer.json", JSON.stringify(json));
  };
  const cases: [what: string, data: string, prepare: () => unknown, code: string, mentions: RegExp][] = [
    ["an empty text", "corpus: ./t.txt", () => write("t.txt", ""), "E_CORPUS_EMPTY", /t\.txt/],
    ["a text of one line", "corpus: ./t.txt", () => write("t.txt", "A line.\n"), "E_SPLIT", /t\.txt[\s\S]*18 tokens/],
    [
      "a text shorter than a batch",
      "corpus: ./t.txt",
      () => write("t.txt", "ab\n\ncd\n\nef\n\ngh\n"),
      "E_",
      /at least|fill/,
    ],
    [
      "a text in UTF-16 without a mark",
      "corpus: ./t.txt",
      () => write("t.txt", Buffer.from(text, "utf16le")),
      "E_CORPUS_FORMAT",
      /iconv/,
    ],
    [
      "bytes that are not text",
      "corpus: ./t.txt",
      () => write("t.txt", Buffer.from([...Buffer.from("abc"), 0xff])),
      "E_UTF8",
      /byte 3/,
    ],
    [
      "a folder without text",
      "corpus: ./texts/",
      () => write("texts/image.png", "x"),
      "E_CORPUS_EMPTY",
      /\.txt, [\s\S]*image\.png/,
    ],
    ["a missing folder", "corpus: ./none/", () => {}, "E_NOT_FOUND", /none/],
    [
      "a line that is not JSON",
      "corpus: ./t.jsonl",
      () => write("t.jsonl", '{"text":"a"}\n{"text":\n'),
      "E_JSONL_SYNTAX",
      /t\.jsonl:2/,
    ],
    ["a line that is a list", "corpus: ./t.jsonl", () => write("t.jsonl", '["a"]\n'), "E_JSONL_FIELD", /t\.jsonl:1/],
    [
      "a line without the field",
      "corpus: ./t.jsonl",
      () => write("t.jsonl", '{"body":"a"}\n'),
      "E_JSONL_FIELD",
      /set field: "body"/,
    ],
    [
      "a field that is not text",
      "corpus: ./t.jsonl, field: n",
      () => write("t.jsonl", '{"n":1}\n'),
      "E_JSONL_FIELD",
      /a string/,
    ],
    [
      "an embedded corpus by another name",
      "corpus: mobydick",
      () => {},
      "E_CORPUS_UNKNOWN",
      /moby-dick[\s\S]*needs a slash/,
    ],
    [
      "a tokenizer that is not JSON",
      "corpus: ./t.txt, tokenizer: ./tokenizer.json",
      () => write("tokenizer.json", "{"),
      "E_TOKENIZER",
      /not JSON/,
    ],
    [
      "a tokenizer that is a list",
      "corpus: ./t.txt, tokenizer: ./tokenizer.json",
      () => write("tokenizer.json", "[]"),
      "E_TOKENIZER",
      /JSON object/,
    ],
    [
      "a tokenizer without a vocabulary",
      "corpus: ./t.txt, tokenizer: ./tokenizer.json",
      () => tokenizer((json) => delete (json["model"] as { vocab?: object }).vocab),
      "E_TOKENIZER",
      /model\.vocab/,
    ],
    [
      "a tokenizer of another kind",
      "corpus: ./t.txt, tokenizer: ./tokenizer.json",
      () => tokenizer((json) => Object.assign(json["model"] as object, { type: "Syllables" })),
      "E_TOKENIZER",
      /Syllables/,
    ],
    [
      "a folder without a tokenizer",
      "corpus: ./t.txt, tokenizer: ./texts",
      () => write("texts/a.txt", "a"),
      "E_NOT_FOUND",
      /tokenizer\.json/,
    ],
  ];
  test.each(cases)("%s", async (_, data, prepare, code, mentions) => {
    write("t.txt", text);
    prepare();
    await expectMistake(["run", write("recipe.yaml", tiny(data)), "--out", join(folder, "run")], code, mentions);
  });

  describe("with a checkpoint of 96 tokens", () => {
    const run = (data: string, context: number) => {
      write("t.txt", text);
      const model = `model: { from: ${join(golden, "gqa-tied")}, context: ${context} }`;
      const changed = tiny(`corpus: ./t.txt${data}`)
        .replace(/model: .*/, model)
        .replace("tokens: 16", "tokens: 8k");
      return ["run", write("recipe.yaml", changed), "--out", join(folder, "run")];
    };

    test("sequences longer than its context", async () => {
      const vocab = Object.fromEntries([...new Set(text)].map((letter, id) => [letter, id]));
      write("tokenizer.json", JSON.stringify({ model: { type: "BPE", vocab, merges: [] } }));
      await expectMistake(run(", tokenizer: ./tokenizer.json", 4096), "E_RECIPE", /at most 128 tokens/);
    });

    test("a text with tokens outside its vocabulary, before anything is written", async () => {
      const { pathname } = new URL("../../data/test/golden/byte-level", import.meta.url);
      await expectMistake(run(`, tokenizer: ${pathname}`, 8), "E_TOKENIZER_VOCAB", /ids below 96/);
      expect(existsSync(join(folder, "run", "run.json"))).toBe(false);
    });

    test("the tokenizer bytes, whose vocabulary is 256, and no tokenizer at all", async () => {
      await expectMistake(run(", tokenizer: bytes", 8), "E_TOKENIZER", /a vocabulary of 96/);
      await expectMistake(run("", 8), "E_TOKENIZER", /data\.tokenizer/);
      expect(existsSync(join(folder, "run"))).toBe(false);
    });
  });

  test("a run that is damaged, or has no model yet", async () => {
    const run = join(folder, "run");
    write("run/run.json", "{");
    await expectMistake(["report", run], "E_RUN_FORMAT", /run\.json/);
    await expectMistake(["generate", run, "--prompt", "x"], "E_JSON", /run\.json/);
    write("run/run.json", '{"formatVersion":2,"arms":[{"stages":["../../elsewhere"]}]}');
    await expectMistake(["generate", run, "--prompt", "x"], "E_RUN_FORMAT", /run\.json/);
    await expectMistake(["report", run], "E_RUN_FORMAT", /arms/);
    write("run/run.json", '{"arms":[{"stages":["base-1"]}]}');
    await expectMistake(["generate", run, "--prompt", "x"], "E_RUN_UNFINISHED", /base-1[\s\S]*cambium run/);
  });
});
