// What a step moves between host and device: batches, rate and count up; loss and norm down; never the state.
import { type Device, type Executable, nullBackend } from "@cambium/backend";
import { parameterTable } from "@cambium/model";
import { expect, it } from "vitest";
import { Trainer } from "../src/index.js";
import { batchAt, config, initialState, size } from "./support/tiny.js";

it.each([1, 3])("is a few scalars and the tokens, accumulation %i", async (accumulation) => {
  await using device = await nullBackend.open();
  const moved: string[] = [];
  using trainer = await Trainer.open({ device: watched(device, moved), model: config, ...size, accumulation });
  const batches = Array.from({ length: accumulation }, (_, i) => batchAt(i));
  await trainer.load(initialState());
  await trainer.step(batches, 0.1);
  // Sums of gradients begin as zeros from the host, once.
  const sums = accumulation === 1 ? 0 : parameterTable(config).length;
  expect(moved.filter((what) => what === "upload").length).toBe(sums + 3 * parameterTable(config).length);
  moved.length = 0;
  for (let step = 0; step < 3; step++) {
    await trainer.step(batches, 0.1);
    const up = accumulation === 1 ? ["lr", "step", "tokens"] : [...batches.map(() => "tokens"), "lr", "step"];
    const down = accumulation === 1 ? ["loss", "gradNorm"] : [...batches.map(() => "loss"), "gradNorm"];
    expect(moved.splice(0).sort()).toEqual(
      [...up.map((name) => `up ${name}`), ...down.map((name) => `down ${name}`)].sort(),
    );
  }
  await trainer.evaluate(batches);
  expect(moved).toEqual(batches.flatMap(() => ["up tokens", "down loss"]));
});

/** `device`, noting what crosses in `moved`. */
function watched(device: Device, moved: string[]): Device {
  const wrap = (executable: Executable): Executable => ({
    ...executable,
    run: (inputs, options) => {
      moved.push(...Object.entries(inputs).flatMap(([name, tensor]) => ("data" in tensor ? [`up ${name}`] : [])));
      moved.push(...(options?.fetch ?? []).map((name) => `down ${name}`));
      return executable.run(inputs, options);
    },
  });
  return {
    ...device,
    compile: async (graph) => wrap(await device.compile(graph)),
    upload: (tensor) => {
      moved.push("upload");
      return device.upload(tensor);
    },
    download: (tensor) => {
      moved.push("download");
      return device.download(tensor);
    },
  };
}
