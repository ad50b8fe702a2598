// A dry run: the files that the engine would write for a stage, and the command it would start.
import { join } from "node:path";
import { type Outline, type OutlinePlace, shellLine, trainedGroups } from "@cambium/engine";
import { countParameters, writeHfModel } from "@cambium/model";
import type { PlannedStage } from "@cambium/recipe";
import { clusterLaunch, jobJson, localCommand, stepsOf, windowsOf } from "./job.js";
import { torchOptions } from "./options.js";
import { environmentFolder, pythonIn } from "./python.js";
import { refusals } from "./refusals.js";

/** Bytes of a parameter in f32. */
const width = 4;

export function outline({ id, stage, tokens }: PlannedStage, { folder, snapshotSeconds }: OutlinePlace): Outline {
  const options = torchOptions(stage.engine?.options ?? {});
  const python = options.python ?? pythonIn(environmentFolder());
  const steps = stepsOf(stage, tokens);
  const { total } = countParameters(stage.model);
  const file = (name: string, content: { text: string } | { bytes: number }) => ({
    name: join(folder, name),
    ...content,
  });
  const command =
    options.nodes > 1
      ? clusterLaunch(id, python, folder, options).command
      : localCommand(python, folder, options).command;
  // The token files are named by their content, which a dry run does not have; the held-out text may be short.
  const data = {
    train: "(the run's token file)",
    heldOut: "(the run's held-out token file)",
    windows: windowsOf(stage),
  };
  return {
    refusals: refusals(stage, options),
    parts: [
      file("job.json", { text: jobJson({ stage, options, steps, snapshotSeconds }, data) }),
      file("rates.f64", { bytes: 8 * steps * trainedGroups(stage).length }),
      file("windows.i64", { bytes: 8 * steps * stage.batch * stage.accumulation }),
      file("start/config.json", { text: JSON.stringify(writeHfModel(stage.model, { dtype: "f32" }), null, 2) }),
      file("start/model.safetensors", { bytes: width * total }),
      file("start/moments.safetensors", { bytes: 2 * width * total }),
      { name: "starts", text: shellLine(command) },
    ],
  };
}
