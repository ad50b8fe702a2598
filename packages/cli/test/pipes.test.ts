// A named pipe in place of a file is refused: opening it for reading would wait for a writer that never comes.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeRun, writeRun } from "../../report/test/fixture.js";
import { cambium, golden, stack, writeProject } from "./support.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cambium-pipes-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function pipe(...path: string[]): string {
  const at = join(dir, ...path);
  rmSync(at, { force: true });
  mkdirSync(dirname(at), { recursive: true });
  execFileSync("mkfifo", [at]);
  return at;
}

const model = () => join(dir, "model");
const grow = () => ["grow", model(), join(dir, "out"), "--operator", stack, "--factor", "2"];

test.skipIf(process.platform === "win32").each([
  ["config.json", grow],
  ["model.safetensors", grow],
  ["LICENSE", grow],
  ["config.json", () => ["inspect", model()]],
  ["tokenizer.json", () => ["generate", model(), "--prompt", "a"]],
  ["generation_config.json", () => ["generate", model(), "--tokens", "1"]],
])("%s of a model", async (file, command) => {
  cpSync(join(golden, "gqa-tied"), model(), { recursive: true });
  const at = pipe("model", file);
  const { code, errors } = await cambium(command());
  expect([code, errors.replaceAll(/\s+/g, " ")]).toEqual([2, expect.stringMatching(/named pipe|not a regular file/)]);
  expect(errors.replaceAll(/\s+/g, "")).toContain(at.replaceAll(/\s+/g, ""));
});

test.skipIf(process.platform === "win32")("the shard index", async () => {
  cpSync(join(golden, "gqa-tied"), model(), { recursive: true });
  rmSync(join(model(), "model.safetensors"));
  pipe("model", "model.safetensors.index.json");
  const { code, errors } = await cambium(["inspect", model()]);
  expect([code, errors]).toEqual([2, expect.stringContaining("named pipe")]);
});

test.skipIf(process.platform === "win32")("a recipe, and the text it trains on", async () => {
  const recipe = writeProject(join(dir, "project"));
  pipe("project", "text.txt");
  expect((await cambium(["run", recipe, "--out", join(dir, "run")])).code).toBe(2);
  expect((await cambium(["run", pipe("other.yaml")])).code).toBe(2);
});

test.skipIf(process.platform === "win32").each(["run.json", "recipe.yaml", "stages/base-1f3a/metrics.jsonl"])(
  "%s of a run",
  async (file) => {
    await writeRun(join(dir, "run"), makeRun({ steps: 8 }));
    pipe("run", file);
    const { code, errors } = await cambium(["report", join(dir, "run")]);
    expect([code, errors]).toEqual([2, expect.stringContaining("named pipe")]);
  },
);

test.skipIf(process.platform === "win32")("a mergekit file, a table of runs", async () => {
  const at = pipe("file.yml");
  expect((await cambium(["grow", "--mergekit", at, join(dir, "out")])).code).toBe(2);
  expect((await cambium(["fit", pipe("runs.csv")])).code).toBe(2);
  writeFileSync(join(dir, "empty.csv"), "");
  expect((await cambium(["fit", join(dir, "empty.csv")])).code).toBe(2);
});
