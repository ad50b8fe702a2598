// A dry run: the files that the engine would write for a stage, and the command it would start.
import {
  heldOutWindows,
  jobOutline,
  type Outline,
  type OutlinePlace,
  shellLine,
  stepsOf,
  trainedGroups,
} from "@cambium/engine";
import type { PlannedStage } from "@cambium/recipe";
import { clusterLaunch, jobOf, localCommand } from "./job.js";
import { torchOptions } from "./options.js";
import { environmentFolder, pythonIn } from "./python.js";
import { refusals } from "./refusals.js";

export function outline(plan: PlannedStage, { folder, snapshotSeconds }: OutlinePlace): Outline {
  const { id, stage, tokens } = plan;
  const options = torchOptions(stage.engine?.options ?? {});
  const python = options.python ?? pythonIn(environmentFolder());
  const command =
    options.nodes > 1
      ? clusterLaunch(id, python, folder, options).command
      : localCommand(python, folder, options).command;
  // The token files are named by their content, which a dry run does not have; the held-out text may be short.
  const data = {
    train: "(the run's token file)",
    heldOut: "(the run's held-out token file)",
    windows: heldOutWindows(stage),
  };
  const job = jobOf({ stage, options, steps: stepsOf(stage, tokens), snapshotSeconds }, data);
  return {
    refusals: refusals(stage, options),
    parts: [
      ...jobOutline(plan, folder, { job, rates: trainedGroups(stage).length }),
      { name: "starts", text: shellLine(command) },
    ],
  };
}
