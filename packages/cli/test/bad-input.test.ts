// Every mistake of a table, as a user would make it: its typed error in one screen, exit code 2, no stack trace.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { cambium, golden, stack } from "./support.js";

const folders: string[] = [];
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cambium-bad-"));
  folders.push(folder);
});
afterAll(() => folders.forEach((path) => rmSync(path, { recursive: true, force: true })));

async function expectMistake(args: readonly string[], code: string, ...mentions: (string | RegExp)[]): Promise<void> {
  const { code: exit, errors: printed } = await cambium(args);
  const errors = printed.trimEnd();
  expect(errors).toContain(code);
  for (const mention of mentions) expect(errors).toMatch(mention);
  expect(exit).toBe(2);
  expectOneScreen(errors);
}

/** No stack, and what a terminal shows without scrolling; only a single word (a path) may be wider. */
function expectOneScreen(errors: string): void {
  expect(errors).toMatch(/^E_[A-Z0-9_]+: \S/m);
  expect(errors).not.toMatch(/^\s+at .*\d+:\d+\)?$/m);
  const lines = errors.split("\n");
  expect(lines.length, errors).toBeLessThanOrEqual(24);
  for (const line of lines) expect(/^\s*(?:\w+: )?\S*$/.test(line) || line.length <= 120, line).toBe(true);
}

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const valid = `name: r
data: { corpus: ./text.txt }
backend: reference
model: { layers: 2, hidden: 16, heads: 2, intermediate: 16, context: 8 }
growth: [{ operator: stack, factor: 2, at: 1k }]
train: { tokens: 10k, batch: 2, lr: 1e-3 }
`;

describe("recipes", () => {
  const cases: [what: string, from: string | RegExp, to: string, mentions: RegExp][] = [
    ["an empty file", /[\s\S]*/, "", /recipe is empty/],
    ["a list", /[\s\S]*/, "- 1", /expected/],
    ["broken YAML", "name: r", "name: [", /not valid YAML/],
    ["a tab for indentation", "name: r", "name:\n\tr: 1", /not valid YAML/],
    ["a key twice", "name: r", "name: r\nname: s", /not valid YAML/],
    ["a misspelt field", "train:", "trian:", /did you mean "train"/],
    ["a misspelt inner field", "factor:", "facter:", /did you mean "factor"/],
    ["an unknown field", "name: r", "name: r\ncolour: red", /unknown field "colour"/],
    ["no name", "name: r\n", "", /"name" is missing/],
    ["a name that is a path", "name: r", "name: ../r", /letters, digits/],
    ["a negative seed", "name: r", "name: r\nseed: -1", /seed/],
    ["a seed that is text", "name: r", "name: r\nseed: one", /"seed" does not fit/],
    ["no data", /data: .*\n/, "", /"data" is missing/],
    ["no corpus", "corpus: ./text.txt", "tokenizer: bytes", /"data.corpus" is missing/],
    ["all text held out", "corpus: ./text.txt", "corpus: ./text.txt, heldOut: 1", /heldOut/],
    ["half a layer", "layers: 2", "layers: 2.5", /model.layers/],
    ["fewer layers than none", "layers: 2", "layers: -1", /model.layers/],
    ["no sizes", /model: .*/, "model: { context: 8 }", /"model.layers" is missing/],
    ["sizes of a checkpoint", "layers: 2", "from: ./m, layers: 2", /comes from a checkpoint/],
    ["heads that do not divide", "heads: 2", "heads: 3", /multiple of heads/],
    ["an odd head", "heads: 2", "heads: 16", /even/],
    ["key/value heads that do not divide", "heads: 2", "heads: 4, kvHeads: 3", /kvHeads/],
    ["an initialisation it does not know", "layers: 2", "init: heuristic, layers: 2", /paper, hf/],
    ["factor and layers", "factor: 2", "factor: 2, layers: 4", /both a factor and layers/],
    ["a factor of 1", "factor: 2", "factor: 1", /factor/],
    ["growth at no time", ", at: 1k", "", /growth.0.at/],
    ["growth after the end", "at: 1k", "at: 1M", /after training has ended/],
    ["moments it does not know", "at: 1k", "at: 1k, moments: keep", /reset, carry, pad/],
    ["tokens that are a word", "tokens: 10k", "tokens: many", /whole number/],
    ["a fraction of a token", "tokens: 10k", "tokens: 1.5", /train.tokens/],
    ["fewer tokens than a step", "tokens: 10k", "tokens: 8", /one optimizer step/],
    ["a learning rate of 0", "lr: 1e-3", "lr: 0", /train.lr/],
    ["a learning rate that is text", "lr: 1e-3", "lr: fast", /"train.lr" does not fit/],
    ["a schedule it does not know", "lr: 1e-3", "lr: 1e-3, schedule: cosin", /did you mean "cosine"/],
    ["a beta of 1", "lr: 1e-3", "lr: 1e-3, optimizer: { beta1: 1 }", /beta1/],
    ["a clip of 0", "lr: 1e-3", "lr: 1e-3, optimizer: { clip: 0 }", /clip/],
    ["an arm it does not know", "name: r", "name: r\ncompare: [nothing]", /compare/],
    ["a negative temperature", "name: r", "name: r\nsamples: { temperature: -1 }", /temperature/],
  ];
  test.each(cases)("%s", async (_, from, to, mentions) => {
    const recipe = write("recipe.yaml", valid.replace(from, to));
    await expectMistake(["inspect", recipe], "E_RECIPE", mentions, /recipe\.yaml:\d+:\d+/);
  });

  test("all mistakes at once", async () => {
    const recipe = write(
      "recipe.yaml",
      valid.replace("layers: 2", "layers: -1").replace("lr: 1e-3", "lr: 0").replace("name: r", "nam: r"),
    );
    const told = [
      /5 mistakes/,
      /model\.layers/,
      /train\.lr/,
      /"nam"/,
      /E_NOT_FOUND: .*recipe.yaml:2:9[\s\S]*text\.txt/,
    ];
    await expectMistake(["run", recipe], "E_RECIPE", ...told);
  });

  test("in the text, in what it names and in the shapes that come of it", async () => {
    const recipe = write(
      "recipe.yaml",
      valid
        .replace("operator: stack", "operator: stakc")
        .replace("reference", "refrence")
        .replace("layers: 2", "family: llamma, layers: 2")
        .replace("lr: 1e-3", "lr: 0"),
    );
    const told = [/5 mistakes/, /E_PLUGIN_MISSING: .*3:1: /, /did you mean "reference"/, /E_NOT_FOUND/, /"train.lr"/];
    await expectMistake(["run", recipe, "--out", join(folder, "run")], "E_RECIPE", ...told);
    const { errors } = await cambium(["run", recipe, "--json"]);
    const { reasons } = JSON.parse(errors).error as { reasons: { hint?: string }[] };
    const hints = reasons.map(({ hint }) => hint).join();
    for (const name of ["llama", "stack"]) expect(hints).toContain(`did you mean "${name}"`);
    expect(existsSync(join(folder, "run"))).toBe(false);

    const misshaped = write("shapes.yaml", valid.replace("factor: 2", "factor: 2, options: { kep: 1 }"));
    await expectMistake(["run", misshaped], "E_RECIPE", /2 mistakes/, /E_NOT_FOUND/, /E_GROWTH_OPTION: .*5:1: /);
  });
});

describe("what a recipe names", () => {
  const cases: [string, (text: string) => string, string, RegExp][] = [
    [
      "a backend that is not installed",
      (t) => t.replace("reference", "abacus"),
      "E_PLUGIN_MISSING",
      /npm install @cambium\/backend-abacus/,
    ],
    [
      "a backend at a path where none is",
      (t) => t.replace("reference", '"./nowhere.mjs"'),
      "E_PLUGIN_MISSING",
      /check the path/,
    ],
    [
      "an operator that is not installed",
      (t) => t.replace("stack", "stakc"),
      "E_PLUGIN_MISSING",
      /did you mean "stack"\?/,
    ],
    [
      "an operator that is no package name",
      (t) => t.replace("stack", '"A B"'),
      "E_PLUGIN_NAME",
      /does not name an? operator/,
    ],
    ["a corpus that is not there", (t) => t, "E_NOT_FOUND", /text\.txt/],
    ["an embedded corpus it does not have", (t) => t.replace("./text.txt", "war-and-peace"), "E_", /war-and-peace/],
    [
      "a tokenizer that is not there",
      (t) => t.replace("./text.txt", "moby-dick, tokenizer: ./t.json"),
      "E_NOT_FOUND",
      /t\.json/,
    ],
    [
      "a checkpoint that is not there",
      (t) => t.replace(/model: .*/, "model: { from: ./none, context: 8 }"),
      "E_NOT_FOUND",
      /none/,
    ],
  ];
  test.each(cases)("%s", async (_, change, code, mentions) => {
    const recipe = write(
      "recipe.yaml",
      change(valid).replace(/growth: .*\n/, (line) => (/stakc|A B/.test(line) ? line : "")),
    );
    await expectMistake(["run", recipe, "--out", join(folder, "run")], code, mentions);
  });

  test.each([
    ["an operator that does not load", "throw new Error('out of sap');", "E_PLUGIN_BROKEN", /out of sap/],
    ["an operator that exports nothing", "export const x = 1;", "E_PLUGIN_INVALID", /no default export/],
    ["an operator of another contract", "export default { contract: 99 };", "E_PLUGIN_CONTRACT", /99/],
  ])("%s", async (_, source, code, mentions) => {
    write("operator.mjs", source);
    await expectMistake(["run", write("recipe.yaml", valid.replace("stack", "./operator.mjs"))], code, mentions);
  });
});

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
    ["a config.json that is no JSON", (path) => writeFileSync(join(path, "config.json"), "{"), /config\.json/],
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
    ["an index that names no shard", (path) => writeIndex(path, "model-00001-of-00001.safetensors"), /00001/],
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

  test("a target that is there already is left alone", async () => {
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
      "bytes that are no text",
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
    ["a folder that is not there", "corpus: ./none/", () => {}, "E_NOT_FOUND", /none/],
    [
      "a line that is no JSON",
      "corpus: ./t.jsonl",
      () => write("t.jsonl", '{"text":"a"}\n{"text":\n'),
      "E_JSONL_SYNTAX",
      /t\.jsonl:2/,
    ],
    ["a line that is no object", "corpus: ./t.jsonl", () => write("t.jsonl", '["a"]\n'), "E_JSONL_FIELD", /t\.jsonl:1/],
    [
      "a line without the field",
      "corpus: ./t.jsonl",
      () => write("t.jsonl", '{"body":"a"}\n'),
      "E_JSONL_FIELD",
      /say field: "body"/,
    ],
    [
      "a field that is no text",
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
      "a tokenizer that is no JSON",
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

    test("a text with tokens that it does not have, before anything is written", async () => {
      const { pathname } = new URL("../../data/test/golden/byte-level", import.meta.url);
      await expectMistake(run(`, tokenizer: ${pathname}`, 8), "E_TOKENIZER_VOCAB", /ids below 96/);
      expect(existsSync(join(folder, "run", "run.json"))).toBe(false);
    });

    test("bytes, which are 256, and no tokenizer at all", async () => {
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

describe("command lines", () => {
  const model = join(golden, "mha-untied");
  const cases: [string, string[], RegExp][] = [
    ["an unknown command", ["rnu"], /Did you mean run/],
    ["an unknown command that is like none", ["xyzzy"], /unknown command 'xyzzy'[\s\S]*--help/],
    ["an option without its value", ["run", "x.yaml", "--out"], /argument missing/],
    ["too many arguments", ["report", "a", "b"], /too many arguments/],
    ["a folder for a recipe", ["run", tmpdir()], /E_NOT_A_FILE/],
    ["kernels of no graph", ["inspect", model, "--wgsl"], /--wgsl without --graph/],
    ["kernels of no backend", ["inspect", model, "--graph", "step", "--trace", "t.json"], /--trace without --backend/],
    ["no corpus to train on", ["train", model, "--tokens", "1k"], /--corpus/],
    [
      "tokens that are no number",
      ["train", model, "--corpus", "moby-dick", "--tokens", "many"],
      /--tokens[\s\S]*1\.2M/,
    ],
    [
      "a learning rate of 0",
      ["train", model, "--corpus", "moby-dick", "--tokens", "1k", "--lr", "0"],
      /--lr[\s\S]*> 0/,
    ],
    [
      "a schedule it does not know",
      ["train", model, "--corpus", "m", "--tokens", "1", "--schedule", "x"],
      /constant, cosine, linear or wsd/,
    ],
    [
      "fewer tokens than a step",
      ["train", model, "--corpus", "m", "--tokens", "64", "--context", "32"],
      /--tokens: one optimizer step/,
    ],
    [
      "a model to train that is not there",
      ["train", "/nowhere", "--corpus", "m", "--tokens", "1k"],
      /E_NOT_FOUND[\s\S]*nowhere/,
    ],
    ["a top-p above 1", ["generate", model, "--tokens", "1", "--backend", "reference", "--top-p", "2"], /\(0, 1\]/],
    [
      "more than the context holds",
      ["generate", model, "--tokens", "1", "--backend", "reference", "-n", "999"],
      /at most \d+ new tokens/,
    ],
    ["a factor that is no number", ["grow", model, "/nowhere", "--factor", "two"], /--factor/],
    ["a factor below 1", ["grow", model, "/nowhere", "--operator", stack, "--factor", "0.5"], /--factor/],
    ["half a layer", ["grow", model, "/nowhere", "--operator", stack, "--factor", "1.3"], /whole number of layers/],
    [
      "fewer layers than there are",
      ["grow", model, "/nowhere", "--operator", stack, "--layers", "1"],
      /take layers away/,
    ],
    [
      "an option the operator does not know",
      ["grow", model, "/nowhere", "--operator", stack, "--set", "colour=red"],
      /colour/,
    ],
    [
      "an option that is no pair",
      ["grow", model, "/nowhere", "--operator", stack, "--set", "colour"],
      /--set[\s\S]*key=value/,
    ],
    [
      "an operator that is not there",
      ["grow", model, "/nowhere", "--operator", "stakc"],
      /npm install @cambium\/operator-stakc/,
    ],
    [
      "a checkpoint to grow that is not there",
      ["grow", "/nowhere", "/nowhere/else", "--operator", stack],
      /E_NOT_FOUND[\s\S]*nowhere/,
    ],
    [
      "a graph longer than the context",
      ["inspect", model, "--graph", "loss", "--context", "9999"],
      /at most \d+ tokens/,
    ],
    ["an unknown option", ["run", "x.yaml", "--outt", "y"], /--out/],
    ["a missing argument", ["run"], /recipe/],
    ["a recipe that is not there", ["run", "none.yaml"], /none\.yaml/],
    ["both prompt and tokens", ["generate", model, "--prompt", "x", "--tokens", "1"], /not both/],
    ["neither prompt nor tokens", ["generate", model], /--prompt and --tokens/],
    ["tokens that are none", ["generate", model, "--tokens", "a,b"], /5,17,9/],
    ["a token outside the vocabulary", ["generate", model, "--tokens", "64", "--backend", "reference"], /0 to 63/],
    ["a prompt without a tokenizer", ["generate", model, "--prompt", "x", "--backend", "reference"], /no tokenizer/],
    ["no new token", ["generate", model, "--tokens", "1", "-n", "0"], /--max-new-tokens/],
    ["a temperature below 0", ["generate", model, "--tokens", "1", "-t", "-1"], /--temperature/],
    [
      "a backend option that is no pair",
      ["generate", model, "--tokens", "1", "--backend", "reference", "--backend-option", "x"],
      /key=value/,
    ],
    [
      "an option the backend does not know",
      ["generate", model, "--tokens", "1", "--backend", "reference", "--backend-option", "x=1"],
      /x/,
    ],
    ["a report of no run", ["report", tmpdir()], /not a run/],
    ["something that is not there", ["inspect", "/nowhere/at/all"], /nothing at this path/],
    ["a graph it does not have", ["inspect", model, "--graph", "backward"], /loss or step/],
    ["a file that is no safetensors", ["inspect", new URL(import.meta.url).pathname], /bad-input\.test\.ts/],
  ];
  test.each(cases)("%s", async (_, args, mentions) => {
    await expectMistake(args, "E_", mentions);
  });

  test("an error is JSON where JSON was asked for", async () => {
    const { errors } = await cambium(["report", tmpdir(), "--json"]);
    expect(JSON.parse(errors)).toMatchObject({ error: { code: "E_RUN_NOT_FOUND", message: expect.any(String) } });
    const { errors: usage } = await cambium(["rnu", "--json"]);
    expect(JSON.parse(usage)).toMatchObject({ error: { code: "E_USAGE", hint: "Did you mean run?" } });
  });
});
