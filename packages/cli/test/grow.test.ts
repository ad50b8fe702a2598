// cambium grow beyond a plain stack: shards, verification, doing it twice, and what it refuses.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { cambium, golden, json, output, stack } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-grow-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const source = join(golden, "odd");
const args = ["--operator", stack, "--factor", "2"];

test("cuts shards, verifies, and does nothing the second time", async () => {
  const target = join(folder, "shards");
  const command = ["grow", source, target, ...args, "--max-shard-size", "1KB", "--verify"];
  const report = await json(...command);
  const files = report["files"] as string[];
  expect(files.length).toBeGreaterThan(1);
  const index = JSON.parse(readFileSync(join(target, "model.safetensors.index.json"), "utf8"));
  expect([...new Set(Object.values(index.weight_map))].sort()).toEqual([...files].sort());
  const record = JSON.parse(readFileSync(join(target, "growth.json"), "utf8"));
  expect(Object.keys(record.sha256)).toEqual(files);
  expect(await json(...command)).toMatchObject({ written: target, files });
});

test("a dry run says bytes, disk and files", async () => {
  const target = join(folder, "none");
  expect(await output("grow", source, target, ...args, "--dry-run")).toMatch(
    /\nbytes .*→[\s\S]*\ndisk free .*B\nfiles /,
  );
  expect(existsSync(target)).toBe(false);
});

test("a size that is none is a mistake", async () => {
  const ended = await cambium(["grow", source, join(folder, "x"), ...args, "--max-shard-size", "much"]);
  expect(ended).toMatchObject({ code: 2, errors: expect.stringMatching(/--max-shard-size[\s\S]*5GB/) });
});

test("another growth into the same place is refused, and nothing is left over", async () => {
  const copy = join(folder, "copy");
  cpSync(source, copy, { recursive: true });
  const target = join(folder, "twice");
  await output("grow", copy, target, ...args);
  const again = await cambium(["grow", copy, target, "--operator", stack, "--factor", "3"]);
  expect(again).toMatchObject({ code: 2, errors: expect.stringContaining("E_EXISTS") });
  expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
});
