// A dry run: the files that the engine would write for a stage, and the command that a cluster would start.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { jobOutline, type Outline, type OutlinePlace, shellLine, stepsOf } from "@cambium/engine";
import { countParameters } from "@cambium/model";
import type { PlannedStage } from "@cambium/recipe";
import { clusterLaunch, convertCommand, jobOf, pythonFolder } from "./job.js";
import { titanOptions } from "./options.js";
import { refusals } from "./refusals.js";

export function outline(plan: PlannedStage, { folder }: OutlinePlace): Outline {
  const { id, stage, tokens } = plan;
  const options = titanOptions(stage.engine?.options ?? {});
  const reasons = refusals(stage, options);
  if (reasons.length > 0) return { refusals: reasons, parts: [] };
  const job = jobOf(stage, options, stepsOf(stage, tokens), "(the run's token file)");
  const { command, env } = clusterLaunch(id, folder, options);
  const variables = Object.entries(env).map(([name, value]) => `${name}=${shellLine([value])}`);
  // Parameters and two moments, in f32.
  const initial = 3 * Float32Array.BYTES_PER_ELEMENT * countParameters(stage.model).total;
  return {
    refusals: [],
    parts: [
      ...jobOutline(plan, folder, { job, rates: 1 }),
      { name: "converts, here", text: shellLine(convertCommand("to", folder, options)) },
      { name: join(folder, "initial"), bytes: initial },
      ...registry(),
      { name: "starts, on each machine", text: [...variables, shellLine(command)].join(" \\\n") },
      { name: "converts back, here", text: shellLine(convertCommand("from", folder, options)) },
    ],
  };
}

/** The Python package with torchtitan's configuration. */
function registry() {
  const folder = join(pythonFolder, "cambium_titan");
  const names = readdirSync(folder).filter((name) => name.endsWith(".py"));
  return names.sort().map((name) => ({ name: join(folder, name), text: readFileSync(join(folder, name), "utf8") }));
}
