// Which tokenizer a model is used with, and what happens to ids that the model has no row for.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesTokenizer, withinVocabulary } from "../src/index.js";
import { corpusSpec, findTokenizer, loadTokenizer, openSource, prepareData, textWindows } from "../src/node/index.js";
import { code, folder, rejection } from "./helpers.js";

const letters = (list: string) => Object.fromEntries([...list].map((letter, id) => [letter, id]));
const json = (list: string, more: object = {}) =>
  JSON.stringify({ model: { type: "BPE", vocab: letters(list), merges: [] }, ...more });
const bos = { SpecialToken: { id: "a", type_id: 0 } };
const template = { type: "TemplateProcessing", single: [bos, { Sequence: { id: "A", type_id: 0 } }], pair: [] };

describe("the tokenizer of a model", () => {
  test("is the one beside the weights, else bytes for a vocabulary of 256", async () => {
    const own = folder({ "tokenizer.json": json("abc") });
    expect((await findTokenizer(own, 3)).name).toBe(own);
    expect((await findTokenizer(own, 256)).name).toBe(own);
    expect((await findTokenizer(folder(), 256)).name).toBe("bytes");
  });

  test("may be named instead", async () => {
    const projectDir = folder({ "other/tokenizer.json": json("xyz") });
    const named = { spec: "./other", projectDir };
    expect((await findTokenizer(folder(), 3, named)).encode("z")).toEqual(Int32Array.of(2));
  });

  test.each([
    ["nothing beside a vocabulary that is not of bytes", {}, 1000, undefined, /no tokenizer[\s\S]*data\.tokenizer/],
    ["one below that of bytes", {}, 255, undefined, /vocabulary of 255/],
    ["a sentencepiece model", { "tokenizer.model": "x" }, 1000, undefined, /tokenizer\.model[\s\S]*save_pretrained/],
    ["a sentencepiece model of 256 tokens", { "spiece.model": "x" }, 256, undefined, /spiece\.model/],
    ["a vocabulary of words", { "vocab.txt": "x" }, 30_522, undefined, /vocab\.txt/],
    ["merges alone, of 256 tokens", { "merges.txt": "x" }, 256, undefined, /merges\.txt/],
    ["Mistral's own format", { "tekken.json": "{}", "tokenizer_config.json": "{}" }, 256, undefined, /tekken\.json/],
    ["a tiktoken file", { "qwen.tiktoken": "x" }, 256, undefined, /qwen\.tiktoken/],
    ["a tokenizer in code", { "tokenization_mine.py": "x" }, 256, undefined, /tokenization_mine\.py/],
    ["a tokenizer's settings without it", { "tokenizer_config.json": "{}" }, 256, undefined, /tokenizer_config\.json/],
    ["bytes for a vocabulary of 1000", {}, 1000, "bytes", /not trained on bytes/],
    ["bytes beside a tokenizer", { "tokenizer.json": json("abc") }, 3, "bytes", /leave the tokenizer out/],
  ])("refuses %s", async (_, files, vocab, spec, words) => {
    const named = spec === undefined ? undefined : { spec, projectDir: "." };
    const error = await rejection(findTokenizer(folder(files), vocab, named));
    expect([error.code, error.format()]).toEqual(["E_TOKENIZER", expect.stringMatching(words)]);
  });
});

describe("a tokenizer larger than the model's vocabulary", () => {
  const larger = () => findTokenizer(folder({ "tokenizer.json": json("abcde") }), 3);

  test("serves texts that need none of the ids beyond", async () => {
    const tokenizer = await larger();
    expect([tokenizer.vocabSize, [...tokenizer.encode("cab")]]).toEqual([3, [2, 0, 1]]);
  });

  test("is refused for a text that does, with the token", async () => {
    const tokenizer = await larger();
    expect(code(() => tokenizer.encode("abd"))).toBe("E_TOKENIZER_VOCAB");
    expect(() => tokenizer.encode("abd")).toThrow(/not in the model's vocabulary/);
  });

  test("is refused alike when a corpus is prepared and when windows of it are cut, by the document's name", async () => {
    const source = await openSource(corpusSpec("./"), folder({ "1.txt": "abc", "2.txt": "abe" }));
    const options = { tokenizer: await larger(), heldOutFraction: 0.1, seed: 0, cacheDir: folder() };
    const prepare = () => prepareData({ source, ...options });
    const windows = () => textWindows(source, options.tokenizer, { wanted: 100, context: 2, batch: 1 });
    for (const work of [prepare, windows]) {
      const error = await rejection(work());
      expect([error.code, error.details.where]).toEqual(["E_TOKENIZER_VOCAB", expect.stringMatching(/^2\.txt, with /)]);
    }
  });

  test("does not find what was prepared for a larger model", async () => {
    const path = folder({ "tokenizer.json": json("abcde") });
    const source = await openSource(corpusSpec("./"), folder({ "1.txt": "abc", "2.txt": "abe" }));
    const options = { source, heldOutFraction: 0.1, seed: 0, cacheDir: folder() };
    (await prepareData({ ...options, tokenizer: await findTokenizer(path, 5) })).close();
    const tokenizer = await findTokenizer(path, 3);
    expect((await rejection(prepareData({ ...options, tokenizer }))).code).toBe("E_TOKENIZER_VOCAB");
  });

  test("is refused at once if that token is added around each text", async () => {
    const eos = folder({ "tokenizer.json": json("abcde"), "tokenizer_config.json": '{"eos_token":"e"}' });
    expect((await rejection(findTokenizer(eos, 3))).message).toMatch(/the end of each text/);
    expect(code(() => withinVocabulary(bytesTokenizer({ eosId: 256 }), 256, "m"))).toBe("E_TOKENIZER_VOCAB");
    const before = { type: "TemplateProcessing", single: [{ SpecialToken: { id: "d" } }, { Sequence: { id: "A" } }] };
    const prefix = folder({ "tokenizer.json": json("abcde", { post_processor: before }) });
    expect((await rejection(findTokenizer(prefix, 3))).message).toMatch(/the prefix of each text/);
  });
});

// What transformers 5.23 does for a folder with a tokenizer.json, whatever the class of the tokenizer.
test.each([
  [{}, {}, []],
  [{}, { bos_token: "a", add_bos_token: true }, []],
  [{ post_processor: template }, { bos_token: "a" }, [0]],
  [{ post_processor: template }, { bos_token: "a", add_bos_token: false }, [0]],
  [{ post_processor: { type: "Sequence", processors: [template] } }, { bos_token: "b" }, [0]],
])("the tokens before a text are the template's: %j with %j", async (more, config, prefix) => {
  const path = folder({ "tokenizer.json": json("abc", more), "tokenizer_config.json": JSON.stringify(config) });
  expect((await loadTokenizer(join(path, "tokenizer.json"), ".")).prefix).toEqual(prefix);
});
