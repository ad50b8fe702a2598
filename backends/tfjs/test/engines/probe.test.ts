// The results for `cambium doctor`: every engine in order of preference, and which of them runs when none is named.
import { CambiumError } from "@cambium/ir";
import { expect, test } from "vitest";
import { tfjsBackend } from "../../src/backend.js";
import type { EngineName, EngineSource } from "../../src/engines/source.js";

const engine = (name: EngineName, available: boolean): EngineSource => ({
  name,
  load: () => Promise.reject(new CambiumError("E_BACKEND_UNAVAILABLE", "made up")),
  probe: async () => ({ device: name, available, detail: name, ...(!available && { fix: `build ${name}` }) }),
});

const computes = ["f32", "i32", "bool"];

test("the first engine that can run is used; those before it report how to fix them", async () => {
  const engines = [engine("node-gpu", false), engine("node", true), engine("wasm", true)];
  expect(await tfjsBackend(engines).probe()).toEqual([
    { device: "node-gpu", available: false, detail: "node-gpu", fix: "build node-gpu" },
    { device: "node", available: true, detail: "node; used unless another is named", computes },
    { device: "wasm", available: true, detail: "wasm", computes },
  ]);
});

test("where none can run, none is named", async () => {
  const found = await tfjsBackend([engine("node", false), engine("wasm", false)]).probe();
  expect(found.map(({ detail }) => detail)).toEqual(["node", "wasm"]);
});
