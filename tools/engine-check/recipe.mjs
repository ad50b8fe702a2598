// A base trained here and a target trained by torch are one run: one report, nothing counted twice or lost.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { check, recipeOf, run, scratch } from "./support.mjs";

export async function oneReport() {
  const out = join(scratch, "recipe");
  const recipe = recipeOf({ engine: { nproc: 2 } });
  const first = await run(recipe, out);
  const [base, target] = first.stages;
  const local = await run(recipeOf({}), join(scratch, "recipe-local"));
  check(
    "FLOPs of the target are those of our own trainer",
    target.rows.at(-1).flops === local.stages[1].rows.at(-1).flops,
    target.rows.at(-1).flops,
  );
  check(
    "tokens too",
    target.rows.at(-1).tokens === local.stages[1].rows.at(-1).tokens,
    `${base.rows.at(-1).tokens} + ${target.rows.at(-1).tokens}`,
  );
  check(
    "steps without a gap",
    target.rows.every(({ step }, i) => step === i + 1),
    target.rows.length,
  );
  check("one report", readFileSync(first.report, "utf8").includes("</html>"), first.report.replace(scratch, "…"));
  const again = await run(recipe, out);
  check("run again: done", again.cached === true);
}
