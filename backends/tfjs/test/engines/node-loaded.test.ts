// tfjs-node over the binding that `cambium setup tfjs` built here: what it reports, and what it refuses to be.
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import util from "node:util";
import { describe, expect, test } from "vitest";
import { loadNodeEngine } from "../../src/engines/node-binding.js";
import { findEngine, type InstalledEngine, probeNodeEngine } from "../../src/engines/node-binding-state.js";
import { bindingFolder } from "../../src/setup/cache.js";
import { bindingName, manifestName, opsName, readManifest } from "../../src/setup/manifest.js";
import { Project } from "./fake-package.js";

const found = await probeNodeEngine("node");
const installed = findEngine("node", import.meta.url) as InstalledEngine;
const built = found.available ? bindingFolder(installed.packageName, installed.version) : undefined;
const manifest = built === undefined ? null : await readManifest(built);

describe.skipIf(built === undefined || manifest === null)(`a built binding (${found.fix ?? found.detail})`, () => {
  test("over a TensorFlow for the CPU is refused as an engine for CUDA, rather than computing on the CPU", async () => {
    const project = new Project();
    try {
      project.install("node-gpu", "4.22.0");
      const folder = bindingFolder("@tensorflow/tfjs-node-gpu", "4.22.0");
      mkdirSync(folder, { recursive: true });
      copyFileSync(join(built ?? "", bindingName), join(folder, bindingName));
      for (const part of ["site", opsName].filter((one) => existsSync(join(built ?? "", one))))
        symlinkSync(join(built ?? "", part), join(folder, part));
      writeFileSync(join(folder, manifestName), readFileSync(join(built ?? "", manifestName)));
      await expect(loadNodeEngine("node-gpu", project.from)).rejects.toMatchObject({
        code: "E_BACKEND_UNAVAILABLE",
        message: expect.stringMatching(/finds no NVIDIA driver|would compute on the CPU/),
        details: { expected: expect.stringMatching(/CUDA device/) },
      });
    } finally {
      project.remove();
    }
  });

  test("loads once, and reports the versions that compute", async () => {
    const before = Object.keys(util);
    const engine = await loadNodeEngine("node");
    expect(engine).toMatchObject({
      backendName: "tensorflow",
      version: `tfjs-node ${manifest?.version}, TensorFlow ${manifest?.tensorflow}`,
      device: expect.stringMatching(/^cpu/),
      cuda: false,
    });
    expect(await loadNodeEngine("node")).toBe(engine);
    expect(Object.keys(util)).toEqual(before);
  });

  test("runs the kernels that use what Node 23 dropped", async () => {
    const { tf } = await loadNodeEngine("node");
    // TopK, and a list of tensors as an input of one operation.
    expect([...tf.topk(tf.tensor1d([3, 1, 2]), 2).values.dataSync()]).toEqual([3, 2]);
    expect([...tf.stack([tf.tensor1d([1, 2]), tf.tensor1d([3, 4])], 1).dataSync()]).toEqual([1, 3, 2, 4]);
  });

  test("leaves no room for the other engine in the process", async () => {
    await loadNodeEngine("node");
    await expect(loadNodeEngine("node-gpu")).rejects.toMatchObject({
      code: "E_BACKEND_UNAVAILABLE",
      details: { hint: "open node-gpu in a process of its own" },
    });
  });
});
