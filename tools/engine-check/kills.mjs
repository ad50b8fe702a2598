// SIGKILL to the command line and to processes of torch at random instants; the same command continues to the same weights.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { mulberry32 } from "../random.mjs";
import { check, furthest, losses, noneLeft, processes, recipeOf, run, scratch, start, values } from "./support.mjs";

export async function kills() {
  const recipe = recipeOf({ engine: { nproc: 2 }, snapshot: 0.3 });
  const draw = mulberry32(values.seed);
  const quiet = join(scratch, "quiet");
  const began = performance.now();
  const whole = await run(recipe, quiet);
  const seconds = (performance.now() - began) / 1000;
  for (let i = 0; i < values.kills; i++) {
    const out = join(scratch, `killed-${i}`);
    const { child, ended } = start(recipe, out);
    const at = (0.25 + 0.7 * draw()) * seconds;
    await sleep(at * 1000);
    // Every third kill is of a process of torch.
    const workers = processes().filter(
      (line) => line.includes("driver.py") && line.includes(out) && !line.includes("distributed.run"),
    );
    const victim = i % 3 === 2 && workers.length > 0 ? Number(workers.at(-1).trim().split(" ")[0]) : child.pid;
    try {
      process.kill(victim, "SIGKILL");
    } catch {
      // It had ended before.
    }
    await ended;
    await noneLeft(`killed ${victim === child.pid ? "cambium" : "a process of torch"} after ${at.toFixed(1)} s`);
    const before = readdirSync(join(out, "stages")).some((name) => name.startsWith("target"));
    const again = await run(recipe, out);
    const apart = furthest(again.stages[1].weights(), whole.stages[1].weights());
    const rows = furthest(losses(again), losses(whole));
    check(
      `continued${before ? " in the target" : ""}: weights and losses`,
      apart < 1e-6 && rows < 1e-6,
      `${apart} and ${rows} apart`,
    );
  }
}
