// cambium grow beyond a plain stack: shards, verification, a repeated command, and refusals.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layoutSafetensors } from "@cambium/checkpoint";
import { llama, modelSpec, parameterTable, writeHfModel } from "@cambium/model";
import { afterAll, describe, expect, test } from "vitest";
import { cambium, golden, json, output, stack } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-grow-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const source = join(golden, "odd");
const args = ["--operator", stack, "--factor", "2"];

test("writes shards, verifies, and does nothing the second time", async () => {
  const target = join(folder, "shards");
  const command = ["grow", source, target, ...args, "--max-shard-size", "1KB", "--verify"];
  const report = await json(...command);
  const files = report["files"] as string[];
  expect(files.length).toBeGreaterThan(1);
  const index = JSON.parse(readFileSync(join(target, "model.safetensors.index.json"), "utf8"));
  expect([...new Set(Object.values(index.weight_map))].sort()).toEqual([...files].sort());
  const record = JSON.parse(readFileSync(join(target, "growth.json"), "utf8"));
  expect(Object.keys(record.files)).toEqual(files);
  expect(await json(...command)).toMatchObject({ written: target, files });
});

test("says when there is nothing to do, and which parts of a plan a checkpoint does not keep", async () => {
  const target = join(folder, "again");
  const command = ["grow", source, target, ...args];
  expect(await output(...command)).toContain(`Written: ${target}`);
  expect(await output(...command)).toContain(`Nothing to do: ${target} is this growth.`);
  expect(await output(...command, "--verify")).toContain("is this growth, and verified.");
  const masked = new URL("../../../operators/random-masked/dist/index.js", import.meta.url).pathname;
  const wide = join(folder, "masked");
  const shown = await output("grow", source, wide, "--operator", masked, "--layers", "3");
  expect(shown).toMatch(/\nnot kept +masks: .*without masks the function changes at once\n/);
  expect(readFileSync(join(wide, "README.md"), "utf8")).toContain("| only in the plan, not in the weights | masks |");
  expect(readFileSync(join(target, "README.md"), "utf8")).not.toContain("only in the plan");
});

test("--check measures what a growth keeps on a small model, and needs no target", async () => {
  const wide = new URL("../../../operators/direct-width/dist/index.js", import.meta.url).pathname;
  const checked = await json("grow", source, "--check", "--operator", wide, "--factor", "2");
  expect(checked).toMatchObject({
    family: "llama",
    function: { claim: "exact" },
    parameters: { dead: [], declaredDead: [], frozen: 0 },
    holds: true,
  });
  const { difference, largest } = checked["function"] as { difference: number; largest: number };
  expect(difference).toBeLessThan(1e-10 * largest);
  const copied = await json("grow", source, "--check", ...args);
  expect(copied).toMatchObject({ function: { claim: "no" }, holds: true });
  expect((copied["function"] as { difference: number }).difference).toBeGreaterThan(0.01);
  const shown = await output("grow", source, "--check", ...args);
  expect(shown).toMatch(/head (un)?tied[\s\S]*another function: max[\s\S]*can be carried .*of the largest gradient/);
  expect(shown).toContain("All claims hold.");
  expect((checked["moments"] as { fresh: number }).fresh).toBe(0);
});

test("--check fails where the growth does not keep what its operator claims", async () => {
  const liar = join(folder, "liar.mjs");
  const claims = '{ ...plan.claims, functionPreserving: "exact" }';
  writeFileSync(
    liar,
    `import stack from ${JSON.stringify(stack)};
const plan = (...args) => { const plan = stack.plan(...args); return { ...plan, claims: ${claims} }; };
export default { ...stack, name: "liar", plan };`,
  );
  for (const more of [[], ["--json"]]) {
    const ended = await cambium(["grow", source, "--check", "--operator", liar, "--factor", "2", ...more]);
    expect([ended.code, ended.errors]).toEqual([3, ""]);
    expect(ended.output).toContain(more.length > 0 ? '"holds":false' : "another function");
  }
});

test("a dry run gives bytes, free disk space and files", async () => {
  const target = join(folder, "none");
  expect(await output("grow", source, target, ...args, "--dry-run")).toMatch(
    /\nbytes .*→[\s\S]*\ndisk free .*B\nfiles /,
  );
  expect(existsSync(target)).toBe(false);
});

describe("mergekit", () => {
  const zeroDepth = new URL("../../../operators/zero-depth/dist/index.js", import.meta.url).pathname;
  const printed = ["grow", source, "--operator", zeroDepth, "--factor", "2", "--dry-run", "--as", "mergekit"];

  test("a plan is printed as a file, and growing by that file makes what the plan makes", async () => {
    const file = join(folder, "zero.yml");
    const text = await output(...printed);
    expect(text).toMatch(/^merge_method: passthrough\nslices:\n/);
    expect(await output(...printed.toSpliced(2, 0, join(folder, "none")))).toBe(text);
    writeFileSync(file, text);
    const [target, other] = [join(folder, "from-file"), join(folder, "from-plan")];
    const report = await json("grow", "--mergekit", file, target, "--verify");
    const { layers } = await json("grow", source, other, ...printed.slice(2, 6));
    expect(report).toMatchObject({ written: target, layers });
    expect(await output("grow", "--mergekit", file, target)).toContain(`Nothing to do: ${target} is this growth.`);
    expect(JSON.parse(readFileSync(join(target, "growth.json"), "utf8")).operator).toMatchObject({
      name: "mergekit-passthrough",
      options: { merge_method: "passthrough", slices: expect.any(Array) },
    });
  });

  test.each([
    [["--mergekit", "F"], /E_OPTION: source and target do not fit[\s\S]*TARGET/],
    [["--mergekit", "F", "a", "b"], /E_OPTION: source and target do not fit[\s\S]*a b/],
    [["--mergekit", "F", "a", "--factor", "2", "--dtype", "f16"], /E_OPTION: [\s\S]*--factor, --dtype/],
    [["--mergekit", "F", "a", "--operator", "stack"], /E_OPTION: [\s\S]*--operator/],
    [["--mergekit", "absent.yml", "a"], /E_NOT_FOUND: [\s\S]*absent\.yml/],
    [["--as", "mergekit", "a"], /E_OPTION: --as needs --dry-run/],
    [["--as", "yaml", "a", "--dry-run"], /E_OPTION: --as does not fit[\s\S]*mergekit/],
    [["a"], /E_OPTION: source and target do not fit[\s\S]*SOURCE TARGET/],
  ])("refuses %j", async (words, message) => {
    const file = join(folder, "stranger.yml");
    writeFileSync(file, "merge_method: passthrough\nslices: [{sources: [{model: some/where, layer_range: [0, 1]}]}]\n");
    const line = words.map((word) => (word === "F" ? file : word));
    expect(await cambium(["grow", ...line])).toMatchObject({ code: 2, errors: expect.stringMatching(message) });
    const away = await cambium(["grow", "--mergekit", file, "a"]);
    expect(away.errors).toMatch(/E_NOT_FOUND: the model that the mergekit file names is not here[\s\S]*some\/where/);
  });
});

test("an invalid size is a mistake", async () => {
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

test("every mistake is reported at once, each with its code, after the figures", async () => {
  const [cut, there] = [join(folder, "cut"), join(folder, "there")];
  cpSync(source, cut, { recursive: true });
  truncateSync(
    join(cut, "model.safetensors"),
    8 + Number(readFileSync(join(cut, "model.safetensors")).readBigUInt64LE()),
  );
  mkdirSync(there);
  writeFileSync(join(there, "precious"), "mine");
  const wrong = ["--factor", "two", "--max-shard-size", "much", "--set", "colour"];
  const { code, output: shown, errors } = await cambium(["grow", cut, there, "--operator", stack, ...wrong]);
  expect(code).toBe(2);
  expect(shown).toMatch(/\nFLOPs [\s\S]*\nmemory +at most [\s\S]*\ndisk free /);
  expect(errors).toMatch(/^E_MISTAKES: there are 5 mistakes/);
  for (const mistake of [
    /E_OPTION: --factor/,
    /E_OPTION: --max-shard/,
    /E_OPTION: --set/,
    /E_EXISTS: .*there/,
    /E_SAFETENSORS/,
  ])
    expect(errors).toMatch(mistake);
  const ended = await cambium(["grow", cut, there, "--operator", "stakc", "--json"]);
  const { reasons } = JSON.parse(ended.errors).error as { reasons: { code: string }[] };
  expect(new Set(reasons.map((reason) => reason.code)).size).toBe(3);
  expect(readdirSync(there)).toEqual(["precious"]);
});

test("FLOPs before and after count matrix work, with attention scores in full", async () => {
  const { flops } = await json("grow", source, join(folder, "none"), ...args, "--dry-run");
  const {
    hidden: d,
    heads,
    kvHeads,
    headDim: e,
    intermediate: f,
    vocab: v,
    contextLength,
  } = (await json("inspect", source))["config"] as Record<string, number> as Record<
    "hidden" | "heads" | "kvHeads" | "headDim" | "intermediate" | "vocab" | "contextLength",
    number
  >;
  const context = Math.min(2048, contextLength);
  const perToken = (layers: number) =>
    3 *
    (2 * (layers * (2 * d * heads * e + 2 * d * kvHeads * e + 3 * d * f) + v * d) + 4 * layers * heads * e * context);
  expect(flops).toEqual({ context, before: perToken(2), after: perToken(4) });
});

describe("Ctrl-C", () => {
  /** A sparse model file of 0.4 GB, so that its growth is not finished before the signal arrives. */
  const large = join(folder, "large");
  const sizes = { vocab: 512, hidden: 2048, intermediate: 5632, heads: 16, contextLength: 512 };
  const config = modelSpec(llama, { layers: 4, ...sizes });
  const { head, fileSize } = layoutSafetensors(
    parameterTable(config).map((spec) => ({ ...spec, dtype: "BF16" as const })),
  );
  mkdirSync(large);
  writeFileSync(join(large, "config.json"), JSON.stringify(writeHfModel(config, { dtype: "bf16" })));
  writeFileSync(join(large, "model.safetensors"), head);
  truncateSync(join(large, "model.safetensors"), fileSize);

  test.each([[], ["--json"]])("ends with 130 and says how to continue %s", async (...flags: string[]) => {
    const target = join(folder, `stopped${flags}`);
    const command = ["grow", large, target, "--operator", stack, "--factor", "8"];
    const main = new URL("../dist/main.js", import.meta.url).pathname;
    const child = spawn(process.execPath, [main, ...command, ...flags], { stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      errors += text;
    });
    const closed = once(child, "close");
    const journal = join(folder, `.stopped${flags}.growing.json`);
    while (!existsSync(journal) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 2));
    child.kill("SIGINT");
    expect((await closed)[0], errors).toBe(130);
    const last = errors.trimEnd().split("\n").at(-1) ?? "";
    const said = "Interrupted; what was written is kept. The same command continues.";
    if (flags.length === 0) expect(last).toBe(said);
    else expect(JSON.parse(last)).toEqual({ error: { code: "E_INTERRUPTED", message: said } });
    expect(existsSync(target)).toBe(false);
    const onward = await json(...command, "--dry-run");
    expect(onward["bytesDone"]).toBeGreaterThan(0);
    expect(onward["bytesDone"]).toBeLessThan(onward["bytesOut"] as number);
    const other = await cambium(["grow", large, target, "--operator", stack, "--factor", "7", "--dry-run"]);
    expect(other.errors).toContain("E_GROWTH_UNFINISHED");
  });
});
