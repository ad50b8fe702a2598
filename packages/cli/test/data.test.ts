// cambium data: from shards to token files, to other projects' files and back; and a run on the prepared files.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cambium, json, output } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-data-command-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const [corpus, tokens] = [join(folder, "a.jsonl.gz"), join(folder, "tokens")];
const sets = ["RedPajamaC4", "RedPajamaBook"];
const lines = Array.from({ length: 40 }, (_, i) =>
  JSON.stringify({ text: `${i}: ${"the white whale ".repeat(9)}`, meta: { redpajama_set_name: sets[i % 2] } }),
);
beforeAll(() => writeFileSync(corpus, gzipSync(lines.join("\n"))));

test("prepares a corpus, finds it prepared the second time, and exports it", async () => {
  const asked = ["data", "prepare", corpus, "--out", tokens, "--only", "meta.redpajama_set_name=RedPajamaC4"];
  const made = await json(...asked, "--held-out", "0.2");
  const again = await json(...asked, "--held-out", "0.2");
  expect([made["cached"], again["cached"], again["content"]]).toEqual([false, true, made["content"]]);
  const [train, heldOut] = [made["train"], made["heldOut"]] as { documents: number; tokens: number }[];
  expect((train?.documents ?? 0) + (heldOut?.documents ?? 0)).toBe(20);
  expect(readdirSync(tokens)).toEqual(["cache", "held-out.tokens", "train.tokens"]);
  const shown = await output("data", "inspect", join(tokens, "train.tokens"), "--tokenizer", "bytes", "--verify");
  expect(shown).toMatch(/"\d*[02468]: the white whale/);
  await output("data", "export", tokens, join(folder, "nano"), "--format", "nanogpt");
  expect(readFileSync(join(folder, "nano", "val.bin")).length).toBe(2 * (heldOut?.tokens ?? 0));
  const { errors } = await cambium(["data", "inspect", tokens]);
  expect(errors).toMatch(/name one file: .*tokens.train\.tokens/);
  const [both, back] = [join(folder, "both"), join(folder, "back")];
  await output("data", "export", tokens, both, "--format", "litgpt", "--chunk", "100");
  expect(await output("data", "inspect", both)).toContain("for training and for validation");
  for (const from of [join(folder, "nano"), both]) {
    rmSync(back, { recursive: true, force: true });
    const sides = await output("data", "export", from, back, "--format", "cambium", "--tokenizer", "bytes", "--json");
    const whole = [train, heldOut].map((side) => side?.tokens ?? 0);
    const filled = from === both ? whole.map((count) => 100 * Math.ceil(count / 100)) : whole;
    expect(JSON.parse(sides).map((side: { tokens: number }) => side.tokens)).toEqual(filled);
    expect(readdirSync(back)).toEqual(["held-out.tokens", "train.tokens"]);
  }
  const packed = join(folder, "packed");
  await output("data", "export", join(folder, "nano", "train.bin"), packed, "--format", "litgpt", "--chunk", "100");
  const facts = await json("data", "inspect", packed);
  expect([facts["format"], facts["tokens"]]).toEqual(["litgpt", 100 * Math.ceil((train?.tokens ?? 0) / 100)]);
});

test("a recipe trains on the folder, and the command prepares a recipe's corpus", async () => {
  const recipe = join(folder, "recipe.yaml");
  const rest = `
model: { layers: 1, hidden: 8, heads: 1, intermediate: 8, context: 8 }
train: { tokens: 128, batch: 2, lr: 1e-3 }
samples: { tokens: 0 }
backend: reference`;
  writeFileSync(recipe, `name: small\ndata: { corpus: ./tokens }${rest}`);
  await output("run", recipe, "--out", join(folder, "run"));
  expect(existsSync(join(folder, "run", "report.html"))).toBe(true);
  const parts = "[{ from: ./a.jsonl.gz, epochs: 0.5 }]";
  writeFileSync(recipe, `name: small\ndata: { corpus: ${parts}, heldOut: 0.2 }${rest}`);
  const made = await json("data", "prepare", recipe, "--out", join(folder, "mixed"));
  expect((made["train"] as { documents: number }).documents).toBeLessThan(20);
  const { code, errors } = await cambium(["data", "prepare", recipe, "--out", folder, "--seed", "1", "--shuffle"]);
  expect([code, errors]).toEqual([2, expect.stringMatching(/--seed: has no effect[\s\S]*--shuffle: has no effect/)]);
});

test("says all mistakes at once, before anything is written", async () => {
  const out = join(folder, "none");
  const shares = ["--weights", "1", "--epochs", "1,none"];
  const asked = ["data", "prepare", corpus, corpus, ...shares, "--only", "x", "--tokenizer", "./nope"];
  const { code, errors } = await cambium([...asked, "--out", out]);
  expect([code, errors]).toEqual([2, expect.stringMatching(/nope[\s\S]*--weights[\s\S]*--epochs[\s\S]*--only/)]);
  expect(existsSync(out)).toBe(false);
});
