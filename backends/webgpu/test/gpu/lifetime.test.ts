// A process that used the GPU ends by itself, and an idle device costs nothing: Dawn once spun, hung or aborted here.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const child = join(import.meta.dirname, "child.ts");

test.each([["destroy"], ["leave"], ["reopen"]])("%s the device and end", { timeout: 60_000 }, async (what) => {
  const flags = ["--expose-gc", "--conditions", "@cambium/source", "--import", "tsx"];
  // A process that hung or aborted would be killed or end with a signal: execFile rejects.
  const { stdout } = await run(process.execPath, [...flags, child, what], { timeout: 30_000 });
  const { idle, ending } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<"idle" | "ending", number>;
  // Processor seconds over half a second of idling and over the end: a spinning core would show as 0.5 and more.
  expect(idle).toBeLessThan(0.2);
  expect(ending).toBeLessThan(0.5);
});
