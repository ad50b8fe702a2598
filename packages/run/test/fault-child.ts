// The process that the fault test harms: `DISK PROJECT` runs PROJECT/recipe.yaml on DISK, a small file system of its
// own that fills up and turns read-only, continues each time, and prints the outcomes as JSON.
import { execFileSync } from "node:child_process";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { CambiumError } from "@cambium/ir";
import { type RunObserver, type RunOptions, runRecipe } from "../src/index.js";
import { importer, weights } from "./support.js";

const [disk = "", project = ""] = process.argv.slice(2);
const recipe = join(project, "recipe.yaml");
const ballast = join(disk, "ballast");

async function outcome(out: string, options: RunOptions = {}): Promise<string> {
  try {
    return (await runRecipe(recipe, { out, importer, ...options })).state;
  } catch (error) {
    return error instanceof CambiumError ? error.code : String(error);
  }
}

function fill(): void {
  const file = openSync(ballast, "w");
  try {
    for (;;) writeSync(file, Buffer.alloc(4096));
  } catch {
    closeSync(file);
  }
}

/** Does something once, after so many steps of the run. */
function after(steps: number, act: () => void): RunObserver {
  let seen = 0;
  return { onMetrics: () => void (++seen === steps && act()) };
}

const undisturbed = join(project, "undisturbed");
const results: Record<string, unknown> = { undisturbed: await outcome(undisturbed) };
const same = (out: string) => JSON.stringify(weights(out)) === JSON.stringify(weights(undisturbed));

// In the middle of the base, of the target, and before anything.
for (const steps of [3, 10, 0]) {
  const out = join(disk, `full-after-${steps}`);
  if (steps === 0) fill();
  const full = await outcome(out, { observer: after(steps, fill) });
  rmSync(ballast);
  results[`full after ${steps}`] = [full, await outcome(out), same(out)];
}

// A file system with a file open for writing does not become read-only: the run is stopped first.
const out = join(disk, "read-only");
const controller = new AbortController();
await outcome(out, { observer: after(8, () => controller.abort()), signal: controller.signal });
execFileSync("mount", ["-o", "remount,ro", disk]);
const readOnly = await outcome(out);
execFileSync("mount", ["-o", "remount,rw", disk]);
results["read-only"] = [readOnly, await outcome(out), same(out)];

console.log(JSON.stringify(results));
