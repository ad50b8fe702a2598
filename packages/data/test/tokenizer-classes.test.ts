// Tokenizers as AutoTokenizer of transformers loads them (tools/golden/tokenizer_classes.py): which class it takes, and
// what the class builds itself instead of taking it from tokenizer.json.
import { readFileSync } from "node:fs";
import { CambiumError } from "@cambium/ir";
import { expect, test } from "vitest";
import { huggingFaceTokenizer } from "../src/index.js";
import { openRustTokenizer } from "../src/node/rust-tokenizer.js";

interface Golden {
  readonly files: Readonly<Record<string, object>>;
  readonly texts: readonly string[];
  readonly cases: readonly {
    readonly file: string;
    readonly config: object;
    readonly modelType: string | null;
    readonly loaded: string;
    readonly ids: readonly (readonly number[])[];
    readonly before: readonly string[];
    readonly decoded: readonly string[];
  }[];
}

const golden = JSON.parse(readFileSync(new URL("golden/classes.json", import.meta.url), "utf8")) as Golden;

const open = (tokenizer: object | undefined, config: object, modelType?: string | null) =>
  huggingFaceTokenizer(
    {
      name: "a",
      tokenizer: { path: "tokenizer.json", text: JSON.stringify(tokenizer) },
      config: { path: "tokenizer_config.json", text: JSON.stringify(config) },
      model: modelType ? { modelType } : {},
    },
    openRustTokenizer,
  );

const caseNames = golden.cases.map(({ file, config, modelType, loaded }, i) => ({
  i,
  name: `${file}, ${JSON.stringify(config)}, ${modelType}: ${loaded}`,
}));

test.each(caseNames)("$name", async ({ i }) => {
  const { file, config, modelType, ids, before, decoded } = golden.cases[i] as Golden["cases"][number];
  const tokenizer = await open(golden.files[file], config, modelType);
  const encoded = golden.texts.map((text) => {
    try {
      return [...tokenizer.encode(text)];
    } catch (error) {
      // The original drops a character without a token.
      if (error instanceof CambiumError && error.code === "E_TOKENIZER_UNKNOWN") return undefined;
      throw error;
    }
  });
  expect(encoded).toEqual(ids.map((one, at) => (encoded[at] === undefined ? undefined : one)));
  expect(encoded.filter((one) => one === undefined).length).toBeLessThanOrEqual(6);
  const words = JSON.parse(JSON.stringify(golden.files[file])).model.vocab as Record<string, number>;
  expect(tokenizer.prefix).toEqual(before.map((token) => words[token]));
  expect(ids.map((one) => tokenizer.decode(one))).toEqual(decoded);
});

test("where the two files differ in what an unknown class decides, they are refused with the option", async () => {
  const ends = { continuing_subword_prefix: "##", max_input_chars_per_word: 9 };
  const word = { type: "WordPiece", unk_token: "a", vocab: { a: 0 }, ...ends };
  const lower = (lowercase: boolean) => ({
    type: "BertNormalizer",
    ...{ clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase },
  });
  const spaces = (prepend_scheme: string) => ({ type: "Metaspace", replacement: "▁", prepend_scheme, split: true });
  const parts = [
    [{ normalizer: lower(true) }, { tokenizer_class: "BertTokenizerFast", do_lower_case: false }],
    [{ normalizer: lower(false) }, { tokenizer_class: "DistilBertTokenizer", do_lower_case: true }],
    [{ pre_tokenizer: spaces("never") }, { tokenizer_class: "T5Tokenizer", add_prefix_space: true }],
  ] as const;
  for (const [part, config] of parts) {
    const [, option = ""] = Object.keys(config);
    const mistaken = open({ model: word, ...part }, config);
    await expect(mistaken).rejects.toMatchObject({ details: { reasons: [{ where: option }] } });
    await open({ model: word, ...part }, { ...config, [option]: !config[option as keyof typeof config] });
  }
});
