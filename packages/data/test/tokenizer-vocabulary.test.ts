// The ids of added tokens, where tokenizer.json numbers them otherwise than the original does (expected: tokenizers
// 0.23.3, `Tokenizer.from_str(…).encode(…, add_special_tokens=False).ids`).
import { expect, test } from "vitest";
import { huggingFaceTokenizer } from "../src/index.js";
import { openRustTokenizer } from "../src/node/rust-tokenizer.js";

const models = {
  "BPE that drops the unknown": { type: "BPE", unk_token: null, vocab: { a: 0, b: 1, ab: 2 }, merges: [["a", "b"]] },
  "BPE with an unknown token": { type: "BPE", unk_token: "a", vocab: { a: 0, b: 1, ab: 2 }, merges: [["a", "b"]] },
  "BPE with gaps": { type: "BPE", unk_token: "a", vocab: { a: 0, b: 1, ab: 9 }, merges: [["a", "b"]] },
};
const token = ([content, id]: readonly [string, number]) => {
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return { id, content, ...flags };
};
const open = (model: object, added: readonly (readonly [string, number])[]) => {
  const text = JSON.stringify({ model, added_tokens: added.map(token) });
  const config = { path: "tokenizer_config.json", text: '{"bos_token":"<s>"}' };
  return huggingFaceTokenizer({ name: "a", tokenizer: { path: "a", text }, config }, openRustTokenizer);
};

const numbered = {
  "beyond the end": {
    added: [
      ["<s>", 10],
      ["</s>", 20],
    ],
    ids: [0, 3, 1, 4],
  },
  "in another order": {
    added: [
      ["</s>", 4],
      ["<s>", 3],
    ],
    ids: [0, 4, 1, 3],
  },
  "as a token of the model": {
    added: [
      ["<s>", 1],
      ["</s>", 4],
    ],
    ids: [0, 3, 1, 4],
  },
  twice: {
    added: [
      ["<s>", 3],
      ["<s>", 4],
      ["</s>", 5],
    ],
    ids: [0, 3, 1, 4],
  },
  "as the original does": {
    added: [
      ["<s>", 3],
      ["</s>", 4],
    ],
    ids: [0, 3, 1, 4],
  },
} as const;

test.each(Object.entries(models))("%s", async (_, model) => {
  for (const [how, { added, ids }] of Object.entries(numbered)) {
    const own = await open(model, added);
    expect([how, ...own.encode("a<s>b</s>")]).toEqual([how, ...ids]);
    expect(own.bosId).toBe(ids[1]);
    expect(own.decode(ids)).toMatch(/^a ?b$/);
  }
});

test("numbers that depend on the version of the original are refused", async () => {
  const added = [
    ["ab", 9],
    ["<s>", 3],
  ] as const;
  await expect(open(models["BPE with gaps"], added)).rejects.toMatchObject({
    code: "E_TOKENIZER",
    details: { reasons: [{ where: "added_tokens[1].id" }] },
  });
});

test.each(["<fim-prefix>", "-", "a/b", "[x]", "(?", "b.", "\\p{L}", "{2}", "^|$", "'s"])(
  "the added token %s is found, alone and between letters",
  async (content) => {
    const model = { type: "BPE", unk_token: "a", vocab: { a: 0, b: 1 }, merges: [] };
    const flags = { lstrip: false, rstrip: false, normalized: false, special: true };
    for (const single of [false, true]) {
      const text = JSON.stringify({ model, added_tokens: [{ id: 2, content, single_word: single, ...flags }] });
      const tokenizer = await huggingFaceTokenizer({ name: "a", tokenizer: { path: "a", text } }, openRustTokenizer);
      expect([...tokenizer.encode(` ${content} `)]).toEqual([0, 2, 0]);
    }
  },
);

const replaced = { type: "Replace", pattern: { String: "whale" }, content: "+" };
test.each([
  ["in lower case", { type: "Lowercase" }, "Sea", "sea"],
  ["composed", { type: "NFKC" }, "\ufb01sh", "fish"],
  ["replaced", replaced, "whale", "+"],
  [
    "after two parts",
    { type: "Sequence", normalizers: [{ type: "NFD" }, { type: "StripAccents" }] },
    "m\u00eale",
    "mele",
  ],
])("two added tokens that are one text %s are refused, as the original takes either", async (_, normalizer, a, b) => {
  const opened = (normalized: boolean) => {
    const flags = { single_word: false, lstrip: false, rstrip: false, special: false };
    const added = [
      { id: 3, content: a, ...flags, normalized: true },
      { id: 4, content: b, ...flags, normalized },
      { id: 5, content: "<other>", ...flags, normalized: true },
    ];
    const text = JSON.stringify({ model: models["BPE that drops the unknown"], normalizer, added_tokens: added });
    return huggingFaceTokenizer({ name: "a", tokenizer: { path: "a", text } }, openRustTokenizer);
  };
  await expect(opened(true)).rejects.toMatchObject({
    code: "E_TOKENIZER",
    details: { reasons: [{ where: "added_tokens", got: expect.stringContaining(JSON.stringify(a)) }] },
  });
  expect([...(await opened(false)).encode(`${b}a`)]).toEqual([4, 0]);
});
