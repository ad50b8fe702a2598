// A stage's state as files and back, and stopping a program with all its processes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initParameters, llama, modelSpec } from "@cambium/model";
import type { PlannedStage } from "@cambium/recipe";
import { freshState, type Progress } from "@cambium/train";
import { afterAll, expect, test } from "vitest";
import {
  EngineProcess,
  readCheckpoint,
  readPlace,
  StageFolder,
  type StagePlace,
  type TrainJob,
  writeCheckpoint,
} from "../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-engine-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const model = modelSpec<object, object>(llama, {
  ...{ vocab: 16, hidden: 8, intermediate: 16, layers: 1, heads: 2, contextLength: 8, tied: true },
});

test("a checkpoint is read back as written, and an incomplete one is refused", async () => {
  const path = join(folder, "whole");
  const fresh = freshState(initParameters(model, { seed: "1", scheme: "paper" }));
  const state = { ...fresh, updates: 7, m: fresh.parameters };
  await writeCheckpoint(path, { model, state, at: { step: 3, tokens: 48, seconds: 1.5 }, config: undefined });
  expect(await readPlace(path)).toEqual({ step: 3, tokens: 48, seconds: 1.5, updates: 7 });
  expect(await readCheckpoint(path, model)).toEqual(state);
  rmSync(join(path, "state.json"));
  await expect(readCheckpoint(path, model)).rejects.toMatchObject({ code: "E_ENGINE_RESULT" });
});

test("a checkpoint that a newer one has replaced is skipped, and a lost one is an error", async () => {
  const state = freshState(initParameters(model, { seed: "1", scheme: "paper" }));
  const place = { folder: join(folder, "stage"), config: undefined } as unknown as StagePlace;
  const files = new StageFolder({ stage: { model } } as PlannedStage, place);
  const saved = join(place.folder, "saved");
  await writeCheckpoint(join(saved, "step-9"), {
    model,
    state,
    at: { step: 9, tokens: 9, seconds: 1 },
    config: undefined,
  });
  const taken: number[] = [];
  const job = { save: async (_, { step }) => void taken.push(step) } as Pick<TrainJob, "save"> as TrainJob;
  const at = (step: number): Progress => ({ step, tokens: step, seconds: 1, flops: 1 });
  expect(await files.save(job, join(saved, "step-7"), at(7))).toEqual(at(7));
  expect(await files.save(job, join(saved, "step-9"), at(9))).toEqual(at(9));
  expect(taken).toEqual([9]);
  await expect(files.save(job, join(saved, "step-11"), at(11))).rejects.toMatchObject({ code: "E_ENGINE_RESULT" });
});

test("a checkpoint whose rows are missing is not taken in as an earlier step", async () => {
  const state = freshState(initParameters(model, { seed: "1", scheme: "paper" }));
  const place = { folder: join(folder, "rowless"), config: undefined } as unknown as StagePlace;
  const files = new StageFolder({ stage: { model } } as PlannedStage, place);
  const at = { step: 9, tokens: 9, seconds: 1 };
  await writeCheckpoint(join(place.folder, "saved", "step-9"), { model, state, at, config: undefined });
  const from = { step: 0, tokens: 0, seconds: 0, flops: 0 };
  const rows = [{ step: 7, tokens: 7, loss: 1, lr: 1, gradNorm: 1, tokensPerSecond: 1, seconds: 1 }];
  for (const [given, got] of [
    [[], "no rows"],
    [rows, "rows up to step 7"],
  ] as const) {
    const taken = files.takeIn({} as TrainJob, from, given);
    await expect(taken).rejects.toMatchObject({ code: "E_ENGINE_RESULT", details: { got } });
  }
});

const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test("a program that ignores SIGTERM is stopped together with its children", { timeout: 60_000 }, async () => {
  const deaf = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);";
  const parent = `const child = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(deaf)}],
    { detached: true, stdio: "ignore" }); console.log(child.pid); ${deaf}`;
  const started = new EngineProcess({ command: [process.execPath, "-e", parent] });
  let child = 0;
  for await (const line of started.lines()) {
    child = Number(line);
    break;
  }
  started.add(child);
  expect(alive(child)).toBe(true);
  await started.stop();
  expect((await started.ended()).signal).toBe("SIGKILL");
  expect(alive(child)).toBe(false);
});

test("a missing program is reported", async () => {
  const started = new EngineProcess({ command: ["/nowhere/at/all"] });
  expect((await started.ended()).status).toBe(null);
  expect(started.failure?.code).toBe("ENOENT");
  await started.stop();
});
