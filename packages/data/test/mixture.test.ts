// Mixtures: which documents are in them, how often, in what order; and that they are made once, in spite of kills.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytesTokenizer } from "../src/index.js";
import { filesSource, type MixPart, type MixtureOptions, prepareMixture, type TokenFile } from "../src/node/index.js";
import { folder, rejection } from "./helpers.js";

const tokenizer = bytesTokenizer();

async function part(letter: string, count: number, share: Omit<MixPart, "source"> = {}): Promise<MixPart> {
  const lines = Array.from({ length: count }, (_, i) =>
    JSON.stringify({ text: `${letter}${String(i).padStart(4, "0")}` }),
  );
  return { source: await filesSource(join(folder({ "a.jsonl": lines.join("\n") }), "a.jsonl")), ...share };
}

/** The documents of each side. */
async function mixed(parts: readonly MixPart[], options: Partial<MixtureOptions> = {}) {
  const base = { parts, tokenizer, heldOutFraction: 0.1, seed: 1, cacheDir: folder() };
  const data = await prepareMixture({ ...base, ...options });
  const texts = (file: TokenFile) =>
    Array.from({ length: file.header.documents }, (_, i) => {
      const { start, end } = file.document(i);
      return tokenizer.decode(file.read(start, end - start));
    });
  const { stats } = data;
  const sides = { train: texts(data.train), heldOut: texts(data.heldOut), stats, path: data.train.path };
  data.close();
  return sides;
}

const of = (letter: string, texts: readonly string[]) => texts.filter((text) => text.startsWith(letter));
const sorted = (texts: readonly string[]) => texts.toSorted();

test("every document is there once, in an order over the whole that the seed decides", async () => {
  const parts = [await part("a", 400), await part("b", 100)];
  const one = await mixed(parts);
  const names = (letter: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${letter}${String(i).padStart(4, "0")}`);
  expect(sorted([...one.train, ...one.heldOut])).toEqual([...names("a", 400), ...names("b", 100)]);
  const other = await mixed(parts, { seed: 2, heldOutFraction: 0 });
  const third = await mixed(parts, { seed: 3, heldOutFraction: 0 });
  expect([other.train, sorted(other.train)]).not.toEqual([third.train, []]);
  expect(sorted(other.train)).toEqual(sorted(third.train));
  // In each half about as many of b: hypergeometric, 100 of 500 drawn 250 times, 6 standard deviations of 4.5.
  expect(Math.abs(of("b", other.train.slice(0, 250)).length - 50)).toBeLessThan(27);
  expect(one.stats.train.textBytes).toBe(5 * one.train.length);
});

test("a part is read `epochs` times, also in fractions, and held out once", async () => {
  const { train, heldOut } = await mixed([await part("a", 300, { epochs: 2.5 }), await part("b", 300)]);
  const counts = new Map<string, number>();
  for (const text of train) counts.set(text, (counts.get(text) ?? 0) + 1);
  const times = (letter: string) => [...counts].flatMap(([text, count]) => (text.startsWith(letter) ? [count] : []));
  expect(new Set(times("b"))).toEqual(new Set([1]));
  expect(new Set(times("a"))).toEqual(new Set([2, 3]));
  expect(of("a", train).length).toBe(Math.round(2.5 * times("a").length));
  expect(new Set(heldOut).size).toBe(heldOut.length);
});

test("weights are shares of the tokens, and the part that runs out first decides how much there is", async () => {
  const options = { heldOutFraction: 0 };
  const shares = [await part("a", 300, { weight: 3 }), await part("b", 200, { weight: 1 })];
  const { train } = await mixed(shares, options);
  expect([of("a", train).length, of("b", train).length]).toEqual([300, 100]);
  const more = [await part("a", 300, { weight: 3, epochs: 4 }), await part("b", 200, { weight: 1 })];
  const again = await mixed(more, options);
  expect([of("a", again.train).length, of("b", again.train).length]).toEqual([600, 200]);
});

test("weights for only some parts are refused, with every reason", async () => {
  const error = await rejection(mixed([await part("a", 9, { weight: 1, epochs: -1 }), await part("b", 9)]));
  expect([error.code, error.details.reasons?.length]).toEqual(["E_OPTION", 2]);
});

test("is found again, and continued after a stop, to the same bytes", async () => {
  const parts = [await part("a", 500, { epochs: 2 }), await part("b", 100)];
  const cacheDir = folder();
  const whole = await mixed(parts, { cacheDir });
  expect((await mixed(parts, { cacheDir })).stats.cached).toBe(true);
  const other = folder();
  const controller = new AbortController();
  const onProgress: MixtureOptions["onProgress"] = ({ phase, bytesDone }) => {
    if (phase === "mix" && bytesDone > 2000) controller.abort(new Error("enough"));
  };
  const options = { cacheDir: other, saveSeconds: 0 };
  await expect(mixed(parts, { ...options, onProgress, signal: controller.signal })).rejects.toThrow("enough");
  const again = await mixed(parts, options);
  expect(readFileSync(again.path).equals(readFileSync(whole.path))).toBe(true);
  expect(existsSync(whole.path)).toBe(true);
  expect(readdirSync(other).filter((name) => name.startsWith("."))).toEqual([]);
});
