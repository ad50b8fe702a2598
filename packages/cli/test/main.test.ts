// The built command as a process: streams, exit codes, Ctrl-C.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { golden, writeProject } from "./support.js";

const main = new URL("../dist/main.js", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "cambium-main-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Running {
  readonly child: ChildProcess;
  /** Resolves once standard error matches. */
  readonly says: (pattern: RegExp) => Promise<void>;
  readonly ended: Promise<{ code: number | null; output: string; errors: string }>;
}

function start(...args: string[]): Running {
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    errors += text;
  });
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, output, errors }));
  const says = async (pattern: RegExp) => {
    while (!pattern.test(errors) && child.exitCode === null) await sleep(10);
    expect(errors).toMatch(pattern);
  };
  return { child, says, ended };
}

const run = (...args: string[]) => start(...args).ended;

describe("the command", () => {
  test("prints help on standard output without arguments", async () => {
    expect(await run()).toMatchObject({ code: 0, errors: "", output: expect.stringMatching(/^Usage: cambium/) });
  });

  test("prints errors on standard error, and nothing else", async () => {
    expect(await run("rnu")).toEqual({
      code: 2,
      output: "",
      errors: expect.stringMatching(/^E_USAGE.*\n.*Did you mean run\?\n$/),
    });
    const { code, output, errors } = await run("inspect", "/nowhere/at/all", "--json");
    expect([code, output, JSON.parse(errors)]).toMatchObject([
      2,
      "",
      { error: { code: "E_NOT_FOUND", where: "/nowhere/at/all" } },
    ]);
  });

  test("ends quietly when its reader closes the pipe", async () => {
    const { child, ended } = start("inspect", join(golden, "odd"), "--graph", "step");
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ code: 0, errors: "" });
  });
});

describe("Ctrl-C", () => {
  const weights = (out: string) =>
    readdirSync(join(out, "stages"))
      .sort()
      .map((id) => readFileSync(join(out, "stages", id, "model", "model.safetensors")));

  /** Long enough not to be done before the signal arrives. */
  const long = (recipe: string) => recipe.replace("tokens: 320", "tokens: 960");

  test("saves and says how to continue; the same command then ends in the same bits", async () => {
    const recipe = writeProject(join(folder, "one"), long);
    const [out, undisturbed] = [join(folder, "stopped"), join(folder, "undisturbed")];
    const { child, says, ended } = start("run", recipe, "--out", out);
    await says(/base 17 %/);
    child.kill("SIGINT");
    const { code, errors } = await ended;
    expect(code).toBe(130);
    expect(errors).toMatch(/Stopping after this step, then saving …\n/);
    expect(errors.endsWith(`Interrupted, and saved in ${out}. The same command continues.\n`)).toBe(true);
    const [again] = await Promise.all([run("run", recipe, "--out", out), run("run", recipe, "--out", undisturbed)]);
    expect(again).toMatchObject({ code: 0, errors: expect.stringMatching(/base: .*, continuing after step \d+\n/) });
    expect(weights(out)).toEqual(weights(undisturbed));
  });

  test("is reported as JSON with --json", async () => {
    const { child, says, ended } = start(
      "run",
      writeProject(join(folder, "two"), long),
      "--out",
      join(folder, "json"),
      "--json",
    );
    await says(/base 17 %/);
    child.kill("SIGINT");
    const { code, output, errors } = await ended;
    expect([code, output]).toEqual([130, ""]);
    expect(JSON.parse(errors.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({ error: { code: "E_INTERRUPTED" } });
  });

  test("a second time exits at once", async () => {
    // One step takes at least a second.
    const slow = (recipe: string) =>
      recipe
        .replace("context: 8", "context: 64")
        .replace("hidden: 8", "hidden: 64")
        .replace("tokens: 320", "tokens: 32k")
        .replace("at: 96", "at: 16k")
        .replace("batch: 2", "batch: 8");
    const { child, says, ended } = start(
      "run",
      writeProject(join(folder, "three"), slow),
      "--out",
      join(folder, "twice"),
    );
    await says(/base: /);
    await sleep(300);
    child.kill("SIGINT");
    await sleep(50);
    child.kill("SIGINT");
    const { code, errors } = await ended;
    expect(code).toBe(130);
    expect(errors).not.toContain("Interrupted, and saved");
  });
});
