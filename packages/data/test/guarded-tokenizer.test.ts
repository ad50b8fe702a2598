// Patterns that search without end below the original's own limit are stopped after a while; all others run as before.
import { spawn } from "node:child_process";
import { on, once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { guarded, hasEndless } from "../src/node/guarded-tokenizer.js";
import { openRust } from "../src/node/rust-tokenizer.js";

const path = fileURLToPath(new URL("./golden/kinds/split-removed.json", import.meta.url));
const { tokenizer: sound } = JSON.parse(readFileSync(path, "utf8")) as { tokenizer: object };
const split = (pattern: string) =>
  JSON.stringify({
    ...sound,
    pre_tokenizer: { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false },
  });

test.each([
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,2}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`,
  String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}`,
  String.raw`\(a\)+`,
])("published patterns run where they are: %s", (pattern) => {
  expect(hasEndless(split(pattern))).toBe(false);
});

test.each(["(a|aa)+$", "(.*a){25}", String.raw`(\w+\s?)*$`, "a*a*a*b"])("%s may not end", (pattern) => {
  expect(hasEndless(split(pattern))).toBe(true);
});

// Each try of the pattern stays below a limit of ten million steps; there are thousands.
const slow = `${"a".repeat(30)}! `.repeat(2000);

test.each(["(a|aa)+$", "(?:a|a?a)+b"])(
  "%s is given up, and the next text is read",
  (pattern) => {
    const tokenizer = guarded(split(pattern), 500);
    expect(() => tokenizer.encode(slow)).toThrow(/limit/);
    expect(() => tokenizer.encode(slow)).toThrow(/limit/);
  },
  60_000,
);

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s gets through while a pattern searches",
  async (signal) => {
    const source = fileURLToPath(new URL("../src/node/guarded-tokenizer.ts", import.meta.url));
    const script = `
    import { guarded } from ${JSON.stringify(source)};
    process.on(${JSON.stringify(signal)}, () => console.log("listened"));
    const tokenizer = guarded(${JSON.stringify(split("(a|aa)+$"))}, 60_000);
    console.log("searching");
    tokenizer.encode(${JSON.stringify(slow)}.repeat(100));`;
    const args = ["--import", "tsx", "--conditions=@cambium/source", "--input-type=module", "-e", script];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const output = on(child.stdout, "data");
    await output.next();
    await sleep(1500);
    const begun = performance.now();
    child.kill(signal);
    const [, ended] = await once(child, "exit");
    expect([ended, performance.now() - begun < 10_000]).toEqual([signal, true]);
  },
  60_000,
);

test("the ids are those of the tokenizer itself", async () => {
  const json = split(String.raw`(\w)+|\s`);
  const [thread, here] = [guarded(json), await openRust(json)];
  for (const text of ["a b", "The whale, the whale!", ""]) expect(thread.encode(text)).toEqual(here.encode(text));
  const ids = here.encode("ab");
  expect(thread.decode(ids)).toBe(here.decode(ids));
}, 60_000);
