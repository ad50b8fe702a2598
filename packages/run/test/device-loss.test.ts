// A device that is lost in the middle of a run: the run goes on from its snapshot on a new one, to the same bits.
import { rmSync, writeFileSync } from "node:fs";
import { defineBackend, Pending, referenceBackend } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";
import type { PluginImporter } from "@cambium/plugin";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { runRecipe } from "../src/index.js";
import { importer, minimal, project, weights } from "./support.js";

/**
 * A backend whose devices die at the given numbers of runs, counted over all of them: as the run is handed over or, where
 * `late`, while it is computed.
 */
function fragile({ deaths = [], late = false }: { deaths?: readonly number[]; late?: boolean } = {}) {
  let [runs, opened] = [0, 0];
  const backend = defineBackend({
    name: "fragile",
    probe: async () => [],
    open: async () => {
      const device = await referenceBackend.open();
      opened += 1;
      let lost = false;
      const compile: typeof device.compile = async (graph) => {
        const executable = await device.compile(graph);
        return {
          ...executable,
          run: async (inputs, options) => {
            const loss = new CambiumError("E_DEVICE_LOST", "the driver has reset");
            if (lost) throw loss;
            lost = deaths.includes(++runs);
            if (lost && !late) throw loss;
            const result = await executable.run(inputs, options);
            return lost ? { ...result, fetched: new Pending().track(Promise.reject(loss)) } : result;
          },
        };
      };
      return { ...device, compile };
    },
  });
  const plugins: PluginImporter = {
    resolve: (specifier) => (specifier === "@cambium/backend-fragile" ? "fragile" : importer.resolve(specifier)),
    import: async (address) => (address === "fragile" ? { default: backend } : importer.import(address)),
  };
  return { importer: plugins, opened: () => opened };
}

test.each([
  ["as a step is handed over", false],
  ["while it computes a step", true],
])("a run whose device is lost twice, %s, ends in the bits of one that was not disturbed", async (_, late) => {
  const { folder, recipe, out } = project({ ...minimal, backend: "fragile" });
  const undisturbed = fragile();
  await runRecipe(recipe, { out: `${out}-undisturbed`, importer: undisturbed.importer });
  const disturbed = fragile({ deaths: [9, 31], late });
  const said: string[] = [];
  const observer = { onDeviceLost: (reason: string) => void said.push(reason) };
  expect(await runRecipe(recipe, { out, importer: disturbed.importer, observer })).toMatchObject({ state: "done" });
  expect(said).toEqual(["the driver has reset", "the driver has reset"]);
  expect([undisturbed.opened(), disturbed.opened()]).toEqual([1, 3]);
  const want = weights(`${out}-undisturbed`);
  for (const [name, bytes] of Object.entries(weights(out))) expect(bytes.equals(want[name] as Buffer), name).toBe(true);
  rmSync(folder, { recursive: true });
});

test("a device that is lost again and again is given up, and what was saved stays", async () => {
  const { folder, recipe, out } = project();
  writeFileSync(recipe, stringify({ ...minimal, backend: "fragile" }));
  const hopeless = fragile({ deaths: Array.from({ length: 40 }, (_, i) => i + 3) });
  await expect(runRecipe(recipe, { out, importer: hopeless.importer })).rejects.toMatchObject({
    code: "E_DEVICE_LOST",
  });
  expect(hopeless.opened()).toBe(4);
  expect(await runRecipe(recipe, { out, importer: fragile().importer })).toMatchObject({ state: "done" });
  rmSync(folder, { recursive: true });
});
