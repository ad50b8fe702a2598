// Engines that are missing, too old, too new, not built, or broken: each is its own error with the command that mends
// it.
import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CambiumError } from "@cambium/ir";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadNodeEngine } from "../../src/engines/node-binding.js";
import { probeNodeEngine } from "../../src/engines/node-binding-state.js";
import { bindingName, manifestName } from "../../src/setup/manifest.js";
import { Project } from "./fake-package.js";

let project: Project;
beforeEach(() => {
  project = new Project();
});
afterEach(() => project.remove());

const install = "npm install --ignore-scripts @tensorflow/tfjs-node@^4.22.0";

/** What loading says, after a look that `cambium doctor` takes said the same. */
async function refusal(kind: "node" | "node-gpu" = "node"): Promise<{ message: string; got?: string; hint?: string }> {
  const error: CambiumError = await loadNodeEngine(kind, project.from).then(
    () => expect.unreachable("it loaded"),
    (reason: CambiumError) => reason,
  );
  expect(error.code).toBe("E_BACKEND_UNAVAILABLE");
  const { got, hint } = error.details;
  return { message: error.message, ...(got !== undefined && { got }), ...(hint !== undefined && { hint }) };
}

async function bothSay(expected: { message: RegExp; got?: RegExp; hint: string }): Promise<void> {
  const { message, got, hint } = await refusal();
  expect(message).toMatch(expected.message);
  if (expected.got) expect(got).toMatch(expected.got);
  expect(hint).toBe(expected.hint);
  const { available, detail, fix } = await probeNodeEngine("node", project.from);
  expect([available, fix]).toEqual([false, hint]);
  expect(detail).toBe(got === undefined ? message : `${message}: ${got}`);
}

describe("the package", () => {
  test("is not installed", () =>
    bothSay({ message: /tfjs-node is not installed/, hint: `${install} && cambium setup tfjs` }));

  test.each(["4.21.0", "3.9.0", "5.0.0", "4.22.0-rc.1", "banana"])("is of version %s", async (version) => {
    project.install("node", version);
    await bothSay({
      message: /of a version that Cambium does not work with/,
      got: new RegExp(version),
      hint: `${install} && cambium setup tfjs`,
    });
  });

  const again = `npm uninstall @tensorflow/tfjs-node && ${install} && cambium setup tfjs`;

  test("has an invalid package.json", async () => {
    project.install("node", "4.22.0", { "package.json": "{" });
    await bothSay({ message: /is installed but does not load/, got: /package\.json/, hint: again });
  });

  test.each(["dist/nodejs_kernel_backend.js", "dist/register_all_kernels.js", "binding/tfjs_backend.cc"])(
    "lacks %s",
    async (file) => {
      project.install("node", "4.22.0", { [file]: null });
      await bothSay({ message: /is installed but does not load/, got: new RegExp(`${file} is missing`), hint: again });
    },
  );
});

describe("the binding", () => {
  test("is not built", async () => {
    project.install("node", "4.22.0");
    await bothSay({ message: /binding of @tensorflow\/tfjs-node 4\.22\.0 is not built/, hint: "cambium setup tfjs" });
  });

  test("is built for another version", async () => {
    project.install("node", "4.23.0");
    project.build("node", "4.22.0", "binding");
    await bothSay({ message: /4\.23\.0 is not built/, got: /^one for 4\.22\.0$/, hint: "cambium setup tfjs" });
  });

  test("of tfjs-node is not one of tfjs-node-gpu", async () => {
    project.install("node-gpu", "4.22.0");
    project.build("node", "4.22.0", "binding");
    expect(await refusal("node-gpu")).toEqual({
      message: "the native binding of @tensorflow/tfjs-node-gpu 4.22.0 is not built",
      hint: "cambium setup tfjs --cuda",
    });
  });

  test.each<[string, (folder: string) => void, RegExp]>([
    ["is gone", (folder) => rmSync(join(folder, bindingName)), /is gone/],
    ["is cut short", (folder) => truncateSync(join(folder, bindingName), 3), /has 3 bytes in place of 7/],
    ["is altered", (folder) => writeFileSync(join(folder, bindingName), "BINDING"), /its SHA-256 differs/],
  ])("%s", async (_, harm, got) => {
    project.install("node", "4.22.0");
    harm(project.build("node", "4.22.0", "binding"));
    await bothSay({ message: /binding of @tensorflow\/tfjs-node is broken/, got, hint: "cambium setup tfjs" });
  });

  test.each(["", "{", "null", "[]", '{"format":0}'])("with the manifest %j counts for nothing", async (manifest) => {
    project.install("node", "4.22.0");
    writeFileSync(join(project.build("node", "4.22.0", "binding"), manifestName), manifest);
    await bothSay({ message: /is not built/, hint: "cambium setup tfjs" });
  });

  test("does not load: the loader's own words", async () => {
    project.install("node", "4.22.0");
    project.build("node", "4.22.0", "no ELF file at all");
    expect(await refusal()).toMatchObject({
      message: "the native binding of @tensorflow/tfjs-node is broken",
      got: expect.stringMatching(/tfjs_binding\.node/),
      hint: "cambium setup tfjs",
    });
    // A look does not load: what it says is that the file is as it was built.
    expect(await probeNodeEngine("node", project.from)).toMatchObject({ available: true });
  });

  test("that the package's own script made is taken, the newest that this Node can load", async () => {
    project.install("node", "4.22.0", {
      "lib/napi-v8/tfjs_binding.node": "eight",
      "lib/napi-v3/tfjs_binding.node": "three",
      "lib/napi-v99/tfjs_binding.node": "ninety-nine",
    });
    expect((await refusal()).got).toMatch(/napi-v8/);
    expect(await probeNodeEngine("node", project.from)).toMatchObject({
      available: true,
      detail:
        "tfjs-node 4.22.0, TensorFlow as the package brings it, on the CPU, without Cambium's ops (cambium setup tfjs)",
    });
  });
});
