// Training steps on engines given by path: the rows of a right one count, those of a wrong one do not, and what an engine
// refuses is a failure with its reason.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { measureCase, type Pace } from "../src/node/case.js";
import { backendContestant, engineContestant } from "../src/node/contestants.js";
import { scheduleOf } from "../src/node/schedule.js";
import { step } from "../src/suites/step.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-bench-engine-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const built = (name: string) => JSON.stringify(new URL(`../../${name}/dist/index.js`, import.meta.url).href);

/** Trains with the reference's trainer. Options: `off` is added to each loss; `refuse`. */
writeFileSync(
  join(folder, "mine.mjs"),
  `
import { referenceBackend } from ${built("backend")};
import { batchAt } from ${built("data")};
import { defineEngine } from ${built("engine")};
import { Trainer } from ${built("train")};
export default defineEngine({ name: "mine", version: "7", summary: "-", prepare: async ({ off = 0, refuse = false }) => ({
  device: "mine on a reference",
  engaged: { features: ["mine"], precision: "bf16" },
  refusals: () => refuse ? [{ message: "mine does not like it" }] : [],
  open: async ({ stage: { model, batch, context, seed, schedule } }, _, { data }) => {
    const device = await referenceBackend.open();
    const trainer = await Trainer.open({ device, model, batch, context });
    return {
      opened: { seconds: 0, ahead: false },
      load: (state) => trainer.load(state),
      state: () => trainer.state(),
      async train({ latest, onMetrics }) {
        for (let step = 1, tokens = 0; tokens < latest; step++) {
          const began = performance.now();
          const rows = batchAt(data.train, { seed, tokenPosition: tokens, batch, context });
          const { loss } = await trainer.step([rows], schedule.peak);
          tokens += batch * context;
          const seconds = (performance.now() - began) / 1000;
          await onMetrics({ step, tokens, loss: loss + off, tokensPerSecond: (batch * context) / seconds, memoryBytes: step });
        }
        return { reason: "done" };
      },
      async dispose() { trainer.dispose(); await device.close(); },
    };
  },
}) });
`,
);

const size = { layers: 1, hidden: 8, intermediate: 16, heads: 2, kvHeads: 2, vocab: 16, batch: 2, context: 4 };
const pace: Pace = { rounds: 2, turnSeconds: 0.01, warmupSeconds: 0.05, mostSeconds: 1, fewestRounds: 2, processes: 1 };

test("each process trains a short stage, and its steps are the samples", { timeout: 60_000 }, async () => {
  const names = ["./mine.mjs", "./mine.mjs:off=0.1", "./mine.mjs:refuse=true", "./nowhere.mjs"];
  const contestants = names.map((name) => engineContestant(name, folder));
  const options = { pace, meter: null, onTurn: () => {} };
  const outcomes = await measureCase(step, { name: "tiny", size }, contestants, options);
  const [right, wrong, refused, absent] = outcomes;
  expect(right?.row).toMatchObject({
    ...{ backend: "engine ./mine.mjs", device: "mine on a reference", unit: "tokens/s", turns: [30, 30] },
    ...{ processes: [1, 1], processor: null, warmup: { runs: 2 }, memory: { resident: 32 }, parity: { agrees: true } },
    work: { tokens: 8 },
    engaged: { precision: "bf16", features: ["mine"], replay: null },
  });
  expect(right?.version).toBe("7");
  expect(wrong?.row?.parity).toMatchObject({ agrees: false });
  expect(refused?.error).toMatchObject({ code: "E_ENGINE_CANNOT", message: expect.stringMatching("does not like it") });
  expect(absent?.error).toMatchObject({ code: "E_PLUGIN_MISSING" });
});

test("engines take the suites of training steps and no others", () => {
  const contestants = [engineContestant("torch", folder), backendContestant("reference", folder)];
  const planned = scheduleOf({ contestants, files: backendContestant("reference", folder), quick: true }, []);
  const taken = planned.filter(({ able }) => able.some(({ name }) => name === "engine torch"));
  expect(taken.map(({ suite }) => suite.name)).toEqual(["step"]);
});
