// The built command when its readers or its terminal go away (the run continues) and when it gets signals (it saves).
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { writeProject } from "./support.js";

const main = new URL("../dist/main.js", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "cambium-streams-"));
afterAll(() => rmSync(folder, { recursive: true }));

const recipe = writeProject(join(folder, "project"));

const stateOf = (out: string): string | undefined =>
  existsSync(join(out, "run.json")) ? JSON.parse(readFileSync(join(out, "run.json"), "utf8")).state : undefined;

async function until(what: () => boolean): Promise<void> {
  for (const end = performance.now() + 20_000; !what() && performance.now() < end; ) await sleep(20);
  expect(what()).toBe(true);
}

function start(out: string) {
  const child = spawn(process.execPath, [main, "run", recipe, "--out", out], { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    errors += text;
  });
  return { child, errors: () => errors, ended: once(child, "close").then(([code]) => code as number | null) };
}

describe("a run continues", () => {
  test.each(["stderr", "both"] as const)("when the reader of %s goes away", async (which) => {
    const out = join(folder, `reader-${which}`);
    const { child, errors, ended } = start(out);
    await until(() => errors() !== "");
    child.stderr.destroy();
    if (which === "both") child.stdout.destroy();
    expect(await ended).toBe(0);
    expect(stateOf(out)).toBe("done");
  });

  test("when nobody reads standard output from the beginning, and so does a growth", async () => {
    const model = new URL("../../model/test/golden/odd", import.meta.url).pathname;
    const operator = new URL("../../../operators/stack/dist/index.js", import.meta.url).pathname;
    const [grown, made] = [join(folder, "grown"), join(folder, "made")];
    const commands = [
      ["grow", model, grown, "--operator", operator, "--factor", "2"],
      ["run", recipe, "--out", join(folder, "unread")],
      ["create", "task", "unread", "--out", made],
    ];
    for (const command of commands) {
      const child = spawn(process.execPath, [main, ...command], { stdio: ["ignore", "pipe", "pipe"] });
      child.stdout.destroy();
      let errors = "";
      child.stderr.setEncoding("utf8").on("data", (text) => {
        errors += text;
      });
      const [code] = await once(child, "close");
      expect([code, code === 0 ? "" : errors]).toEqual([0, ""]);
    }
    expect(existsSync(join(grown, "growth.json"))).toBe(true);
    expect(stateOf(join(folder, "unread"))).toBe("done");
    expect(existsSync(join(made, "package.json"))).toBe(true);
  });

  // `script` of util-linux holds the other end of a terminal.
  const script = "/usr/bin/script";
  const noScript = existsSync(script) ? false : "script(1) is not installed";
  test.skipIf(noScript)("when its terminal goes away, and ends normally", async () => {
    const [out, code] = [join(folder, "terminal"), join(folder, "code")];
    // The shell must outlive the terminal to record the run's exit code.
    const shell = `trap '' HUP; '${process.execPath}' '${main}' run '${recipe}' --out '${out}'; echo $? > '${code}'`;
    const child = spawn(script, ["-qfc", shell, "/dev/null"], { stdio: ["ignore", "pipe", "ignore"] });
    child.stdout.resume();
    await until(() => stateOf(out) === "running");
    child.kill("SIGKILL");
    await until(() => existsSync(code) && readFileSync(code, "utf8") !== "");
    expect([readFileSync(code, "utf8"), stateOf(out), existsSync(join(out, "run.lock"))]).toEqual([
      "0\n",
      "done",
      false,
    ]);
  });
});

test.each(["SIGHUP", "SIGQUIT", "SIGUSR2"] as const)("%s saves", async (name) => {
  const out = join(folder, name);
  const first = start(out);
  await until(() => /base \d+ %/.test(first.errors()));
  first.child.kill(name);
  expect(await first.ended).toBe(130);
  expect(first.errors()).toContain(`saved in ${out}`);
  if (name !== "SIGHUP") return;
  const again = start(out);
  expect(await again.ended).toBe(0);
  expect(again.errors()).toMatch(/continuing after step \d+/);
});
