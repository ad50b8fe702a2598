// A dry run: the files that the engine would write for a stage, and the command that a cluster would start.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Outline, type OutlinePlace, shellLine } from "@cambium/engine";
import { countParameters, writeHfModel } from "@cambium/model";
import type { PlannedStage } from "@cambium/recipe";
import { clusterLaunch, convertCommand, jobJson, pythonFolder, stepsOf } from "./job.js";
import { titanOptions } from "./options.js";
import { refusals } from "./refusals.js";

/** Bytes of a parameter in f32. */
const width = 4;

export function outline({ id, stage, tokens }: PlannedStage, { folder }: OutlinePlace): Outline {
  const options = titanOptions(stage.engine?.options ?? {});
  const reasons = refusals(stage, options);
  if (reasons.length > 0) return { refusals: reasons, parts: [] };
  const steps = stepsOf(stage, tokens);
  const { total } = countParameters(stage.model);
  const file = (name: string, content: { text: string } | { bytes: number }) => {
    return { name: join(folder, name), ...content };
  };
  const { command, env } = clusterLaunch(id, folder, options);
  const variables = Object.entries(env).map(([name, value]) => `${name}=${shellLine([value])}`);
  return {
    refusals: [],
    parts: [
      file("job.json", { text: jobJson(stage, options, steps, "(the run's token file)") }),
      file("rates.f64", { bytes: 8 * steps }),
      file("windows.i64", { bytes: 8 * steps * stage.batch * stage.accumulation }),
      file("start/config.json", { text: JSON.stringify(writeHfModel(stage.model, { dtype: "f32" }), null, 2) }),
      file("start/model.safetensors", { bytes: width * total }),
      file("start/moments.safetensors", { bytes: 2 * width * total }),
      { name: "converts, here", text: shellLine(convertCommand("to", folder, options)) },
      file("initial", { bytes: 3 * width * total }),
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
