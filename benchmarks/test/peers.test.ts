// The peers that run as processes: each command line starts, and what it trains is what Cambium trains.
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { referenceBackend } from "@cambium/backend";
import { batchAt, modelOf } from "@cambium/bench";
import { initParameters } from "@cambium/model";
import { freshState, Trainer } from "@cambium/train";
import { expect, test } from "vitest";
import { peers } from "../src/peers.js";

const config = { layers: 2, hidden: 16, intermediate: 24, heads: 4, kvHeads: 2, vocab: 32, batch: 2, time: 8 };
const count = 3;

interface Reply {
  readonly error?: string;
  readonly loss?: number[];
  readonly peakBytes?: number;
}

const hasTorch = spawnSync("python3", ["-c", "import torch"]).status === 0;
const script = (path: string) => new URL(`../${path}`, import.meta.url).pathname;

test("the losses of tfjs by hand are those of the reference trainer", { timeout: 60_000 }, async () => {
  await using device = await referenceBackend.open();
  const model = modelOf(config);
  using trainer = await Trainer.open({ device, model, batch: config.batch, time: config.time });
  await trainer.load(freshState(initParameters(model, { seed: "bench", scheme: "hf" })));
  const expected: number[] = [];
  for (let i = 0; i < count; i++) expected.push((await trainer.step([batchAt(config, i)], 1e-4)).loss);
  const commands = [{ cmd: "setup", config }, { cmd: "steps", count }, { cmd: "memory" }, { cmd: "exit" }];
  const output = execFileSync(process.execPath, ["--import", "tsx", script("peers/tfjs-hand/train.ts"), "cpu"], {
    input: commands.map((command) => `${JSON.stringify(command)}\n`).join(""),
    encoding: "utf8",
  });
  const replies = output.split("\n").filter((line) => line.startsWith("{"));
  const answers = replies.map((line) => JSON.parse(line)) as Reply[];
  expect(answers.flatMap(({ error }) => error ?? [])).toEqual([]);
  const losses = answers.flatMap(({ loss }) => loss ?? []);
  expect(losses).toHaveLength(count);
  for (const [i, loss] of losses.entries()) {
    expect(Math.abs(loss / (expected[i] as number) - 1)).toBeLessThan(1e-4);
  }
  expect(answers.flatMap(({ peakBytes }) => peakBytes ?? [])[0]).toBeGreaterThan(0);
});

test.each(Object.keys(peers).filter((name) => hasTorch || !name.startsWith("torch")))(
  "%s starts and takes steps",
  { timeout: 120_000 },
  async (name) => {
    const peer = peers[name]?.({ engine: "cpu" });
    try {
      await peer?.setup(config);
      expect(await peer?.steps(2)).toHaveLength(2);
    } finally {
      await peer?.close();
    }
  },
);

const benchmarks = readdirSync(script("src")).filter((file) =>
  ["train.ts", "grow.ts", "soak.ts", "first-step.ts", "switch.ts"].includes(file),
);

test.each(benchmarks)("%s loads and says how it is used", { timeout: 60_000 }, (file) => {
  const help = execFileSync(process.execPath, ["--expose-gc", "--import", "tsx", script(`src/${file}`), "--help"], {
    encoding: "utf8",
  });
  expect(help).toContain(`pnpm bench ${file.replace(".ts", "")}`);
});
