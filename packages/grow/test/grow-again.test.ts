// A growth that is asked for again: what is there must be what was written, and lie outside of its source.
import {
  appendFileSync,
  chmodSync,
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { growDirectory } from "@cambium/grow/node";
import { describe, expect, it } from "vitest";
import { refusal } from "../../files/test/support/errors.js";
import { tempDir } from "../../files/test/support/temp.js";
import { contentOf } from "../src/node/sources.js";
import { llamaJson, llamaShards, stacked, writeModel } from "./support/grow-models.js";

const request = { operator: stacked, options: { factor: 2 }, maxShardBytes: 32_000 };

async function grownOnce(): Promise<{ from: string; to: string; again(): Promise<string> }> {
  const dir = await tempDir();
  const from = writeModel(join(dir, "base"), llamaJson(2, 32, 48), llamaShards(2, 32, 48));
  writeFileSync(join(from, "tokenizer.json"), "{}");
  writeFileSync(join(from, "quantize_config.json"), '{"skip": ["model.layers.1.mlp"]}');
  const to = join(dir, "grown");
  await growDirectory(from, to, request);
  return { from, to, again: async () => (await growDirectory(from, to, request)).state };
}

const shard = "model-00002-of-00003.safetensors";

describe("a growth that is there", () => {
  const changes: [string, (to: string) => void, string][] = [
    ["a byte of the weights", (to) => flip(join(to, shard), -3), shard],
    ["a byte of their header", (to) => flip(join(to, shard), 40), shard],
    ["weights that are gone", (to) => rmSync(join(to, shard)), shard],
    ["weights that grew longer", (to) => appendFileSync(join(to, shard), "x"), shard],
    ["config.json that was edited", (to) => appendFileSync(join(to, "config.json"), "\n"), "config.json"],
    [
      "the index that is gone",
      (to) => rmSync(join(to, "model.safetensors.index.json")),
      "model.safetensors.index.json",
    ],
    ["another tokenizer", (to) => writeFileSync(join(to, "tokenizer.json"), "[]"), "tokenizer.json"],
    ["a file that names layers", (to) => writeFileSync(join(to, "quantize_config.json"), "{}"), "quantize_config.json"],
  ];
  it.each(changes)("is not said to be this growth with %s", async (_, change, where) => {
    const { to, again } = await grownOnce();
    change(to);
    const error = await refusal(again);
    expect([error.code, error.details.reasons?.map((reason) => reason.where)]).toEqual(["E_GROWTH_VERIFY", [where]]);
    expect(error.details.hint).toContain(to);
  });

  it("is read again although its record was touched after its weights were changed", async () => {
    const touches: ((record: string) => void)[] = [
      (record) => utimesSync(record, new Date(), new Date()),
      (record) => chmodSync(record, 0o600),
      (record) => appendFileSync(record, ""),
    ];
    for (const touch of touches) {
      const { to, again } = await grownOnce();
      flip(join(to, shard), -3);
      touch(join(to, "growth.json"));
      expect((await refusal(again)).code).toBe("E_GROWTH_VERIFY");
    }
  });

  it("is looked at in samples although its record was replaced after its weights were changed", async () => {
    const replacements: ((record: string) => void)[] = [
      (record) => {
        copyFileSync(record, `${record}.new`);
        renameSync(`${record}.new`, record);
      },
      (record) => {
        const text = readFileSync(record);
        rmSync(record);
        writeFileSync(record, text);
      },
      // A record as it was before samples were recorded.
      (record) => {
        const { samples: _, ...older } = JSON.parse(readFileSync(record, "utf8"));
        rmSync(record);
        writeFileSync(record, JSON.stringify(older));
      },
    ];
    for (const replace of replacements) {
      const { to, again } = await grownOnce();
      expect(await again()).toBe("cached");
      flip(join(to, shard), -3);
      replace(join(to, "growth.json"));
      expect((await refusal(again)).code).toBe("E_GROWTH_VERIFY");
    }
  });

  it("is another one if a large file beside the weights differs anywhere", async () => {
    const { from, again } = await grownOnce();
    const large = join(from, "imatrix.dat");
    writeFileSync(large, "");
    truncateSync(large, 70e6);
    const before = await contentOf(large);
    const file = openSync(large, "r+");
    writeSync(file, "x", 35e6);
    closeSync(file);
    expect(await contentOf(large)).not.toBe(before);
    expect((await refusal(again)).code).toBe("E_EXISTS");
  });

  it("may be moved, and copied; its card is its owner's", async () => {
    const { to, again } = await grownOnce();
    writeFileSync(join(to, "README.md"), "Mine");
    copyFileSync(join(to, shard), `${to}.copy`);
    renameSync(`${to}.copy`, join(to, shard));
    expect(await again()).toBe("cached");
  });
});

describe("a target in the folder of its source", () => {
  it("is refused before anything is written, whatever way leads there", async () => {
    const { from } = await grownOnce();
    symlinkSync(from, `${from}-link`);
    for (const to of ["out", "a/b/out", "../base-link/out", "."]) {
      const error = await refusal(() => growDirectory(from, join(from, to), request));
      expect(error.code).toBe(to === "." ? "E_EXISTS" : "E_GROWTH_TARGET");
    }
    expect((await growDirectory(from, `${from}-twice`, request)).state).toBe("done");
  });
});

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.with(at, (bytes.at(at) as number) ^ 1));
}
