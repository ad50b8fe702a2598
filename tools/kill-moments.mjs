// When kill-runs kills a run, and what a kill hit: both are read from the files of the run's stages.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { watch } from "./killing.mjs";

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

export function stageFolders(out) {
  return list(join(out, "stages")).filter((name) => !name.startsWith("."));
}

/** The text of a stage's file, empty if it is not there. */
function textOf(out, stage, file) {
  try {
    return readFileSync(join(out, "stages", stage, file), "utf8");
  } catch {
    return "";
  }
}

/** Complete rows of a stage's metrics. */
function rowsOf(out, stage) {
  return textOf(out, stage, "metrics.jsonl").split("\n").length - 1;
}

function isDone(out, stage) {
  return /"state": "done"/.test(textOf(out, stage, "record.json"));
}

/** Whether a snapshot of the stage is incomplete: a scratch file, or tensors without their manifest. */
function isSaving(out, stage) {
  const names = list(join(out, "stages", stage, "snapshot"));
  return names.some(
    (name) =>
      name.startsWith(".") || (name.endsWith(".safetensors") && !names.includes(name.replace(/safetensors$/, "json"))),
  );
}

/**
 * The stages of a run without a scratch arm that is done, in the order in which they ran: name, `kind` (base or grown),
 * `rows` of metrics, and `begin`, the milliseconds from the stage's first file to its first step.
 */
export function stagesOf(out) {
  return stageFolders(out)
    .map((name) => {
      const file = (of) => statSync(join(out, "stages", name, of));
      const kind = name.startsWith("base-") ? "base" : "grown";
      const began = file("stage.json").mtimeMs;
      return { name, kind, rows: rowsOf(out, name), began, begin: file("metrics.jsonl").birthtimeMs - began };
    })
    .sort((a, b) => a.began - b.began);
}

/** What a kill hit, judged by the files it left: one of `phases`, and whether it cut a snapshot. */
export function hitOf(out, stages) {
  const current = stages.find(({ name }) => !isDone(out, name));
  if (current === undefined) return { phase: "at the end", saving: false };
  const { name, kind } = current;
  const phase = rowsOf(out, name) > 0 ? kind : kind === "grown" ? "growth" : "start";
  return { phase, saving: isSaving(out, name) };
}

/** All that a kill can hit. */
export const phases = ["start", "base", "growth", "grown", "at the end"];

/** The moments that the kills of a run are spread over: training of the base, each growth, training after it. */
export function momentsOf(stages) {
  return stages.flatMap((stage) => {
    const training = { phase: stage.kind, stage };
    return stage.kind === "base" ? [training] : [{ phase: "growth", stage }, training];
  });
}

/**
 * Waits for the instant of a kill.
 * @param moment one of `momentsOf`, with `share`, how far into it, and `saving`, whether to wait for a snapshot after it
 */
export async function reach(out, { phase, stage, share, saving }, signal) {
  const { name, rows, begin } = stage;
  const before = rowsOf(out, name);
  const started = Date.now();
  // When it continues a stage, a run writes the stage's file anew.
  const isBegun = () => {
    try {
      return statSync(join(out, "stages", name, "stage.json")).mtimeMs >= started && !isDone(out, name);
    } catch {
      return false;
    }
  };
  await watch(signal, isBegun, 1);
  if (phase === "growth") return sleep(share * begin, undefined, { signal });
  // Rows after the snapshot that a killed run continues from are cut, and written again.
  const least = Math.max(1 + Math.floor(share * (rows - 1)), Math.min(before + 1, rows));
  await watch(signal, () => rowsOf(out, name) >= least && !isDone(out, name), 1);
  if (saving) await watch(signal, () => isSaving(out, name), 1);
}
