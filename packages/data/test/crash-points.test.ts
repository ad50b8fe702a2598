// A power cut at every change that a preparation makes to the disk: the next one ends with the bytes of an undisturbed
// preparation, and leaves nothing else.
import { readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { folder } from "./helpers.js";

vi.mock("node:fs/promises", async (original) => (await import("../../files/test/support/power.js")).failing(original));
const { cutAfter } = await import("../../files/test/support/power.js");
const { bytesTokenizer } = await import("../src/index.js");
const { filesSource, prepareData } = await import("../src/node/index.js");

const documents = Array.from({ length: 60 }, (_, i) =>
  JSON.stringify({ text: `Document ${i} of a whale. `.repeat(9) }),
);

/** Renames this process's scratch files as if they were those of a process that is gone. */
function bury(dir: string): void {
  for (const name of readdirSync(dir)) {
    if (name.startsWith(".")) renameSync(join(dir, name), join(dir, name.replace(`-${process.pid}-`, "-4194304-")));
  }
}

const tokens = (dir: string) =>
  Object.fromEntries(
    readdirSync(dir)
      .filter((name) => name.endsWith(".tokens") && !name.startsWith("."))
      .map((name) => [name, readFileSync(join(dir, name)).toString("hex")]),
  );

test("a preparation that is cut off anywhere is made again, to the same bytes", async () => {
  const corpus = join(folder({ "a.jsonl": documents.join("\n") }), "a.jsonl");
  const prepare = async (cacheDir: string) => {
    const source = await filesSource(corpus);
    const data = await prepareData({ source, tokenizer: bytesTokenizer(), heldOutFraction: 0.2, seed: 1, cacheDir });
    data.close();
  };
  const undisturbed = folder();
  await prepare(undisturbed);
  const expected = tokens(undisturbed);
  expect(Object.keys(expected).length).toBe(2);
  let points = 0;
  for (let changes = 0; ; changes++) {
    const cacheDir = folder();
    const ended = await cutAfter(changes, () => prepare(cacheDir));
    bury(cacheDir);
    await prepare(cacheDir);
    expect(tokens(cacheDir), `after ${changes} changes`).toEqual(expected);
    expect(readdirSync(cacheDir).filter((name) => name.startsWith("."))).toEqual([]);
    points = changes;
    if (ended) break;
  }
  expect(points).toBeGreaterThan(8);
});
