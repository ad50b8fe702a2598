// Adapters are found by preference and by name, in Node and in a page; errors say what is missing and how to get it.
import { join } from "node:path";
import { runInPage, useSwiftShader } from "@cambium/browser";
import { beforeAll, describe, expect, test } from "vitest";
import { requestGpu } from "../../src/gpu/adapter.js";
import { probe } from "../../src/gpu/probe.js";
import { gpuSource } from "../../src/gpu/source.js";

beforeAll(useSwiftShader);

const missing = () =>
  Promise.reject(
    Object.assign(new Error("Cannot find package 'webgpu' imported from adapter.js"), { code: "ERR_MODULE_NOT_FOUND" }),
  );
const broken = () => Promise.reject(new Error("dawn.node: wrong ELF class"));

describe("in Node", () => {
  test.each([[undefined], ["low-power"], ["fallback"], ["subzero"]])("%s opens SwiftShader", async (choice) => {
    const { source, adapter, device, features, limits } = await requestGpu(choice);
    try {
      expect(source).toBe("Dawn");
      expect(adapter).toMatchObject({ vendor: "google", architecture: "swiftshader", isFallback: true });
      expect([...features].sort()).toEqual(["subgroups", "timestamp-query"]);
      expect(limits.maxBufferSize).toBeGreaterThan(2 ** 28);
      expect(limits.maxStorageBufferBindingSize).toBe(device.limits.maxStorageBufferBindingSize);
      expect(device.features.has("timestamp-query")).toBe(true);
    } finally {
      device.destroy();
    }
  });

  test("an adapter that is not there is refused, and those that are there are named", async () => {
    await expect(requestGpu("Radeon")).rejects.toMatchObject({
      code: "E_BACKEND_UNAVAILABLE",
      details: { expected: expect.stringContaining("SwiftShader"), got: "Radeon" },
    });
  });

  test("no adapter at all", async () => {
    const none = { requestAdapter: async () => null } as unknown as GPU;
    const source = { name: "none", listsAdapters: false, instance: () => none };
    await expect(requestGpu(undefined, source)).rejects.toMatchObject({
      code: "E_BACKEND_UNAVAILABLE",
      details: { got: "no adapter at all", hint: expect.stringMatching(/driver/) },
    });
  });

  test("an absent package is an install command, a broken one its own error", async () => {
    await expect(gpuSource(missing)).rejects.toMatchObject({
      code: "E_BACKEND_UNAVAILABLE",
      details: { hint: "npm install webgpu" },
    });
    await expect(gpuSource(broken)).rejects.toMatchObject({
      code: "E_BACKEND_UNAVAILABLE",
      details: { got: "dawn.node: wrong ELF class" },
    });
  });

  test("in a page or a worker without WebGPU the error names the browser, not a package to install", async () => {
    await expect(gpuSource(missing, {})).rejects.toMatchObject({
      code: "E_BACKEND_UNAVAILABLE",
      message: "this page has no WebGPU",
    });
  });

  test("probe lists adapters with their limits, or says why there is none", async () => {
    expect(await probe()).toEqual([
      {
        device: expect.stringContaining("SwiftShader"),
        available: true,
        computes: ["f32", "i32", "bool"],
        detail: expect.stringMatching(
          /Dawn; google swiftshader; software.*MiB.*subgroups of 4 to 4; no f16; timestamps/,
        ),
      },
    ]);
    expect(await probe(missing)).toMatchObject([{ available: false, fix: "npm install webgpu" }]);
    expect(await probe(broken)).toMatchObject([
      { available: false, detail: expect.stringContaining("wrong ELF class") },
    ]);
  });
});

test("in a page", { timeout: 60_000 }, async () => {
  const entry = join(import.meta.dirname, "page.ts");
  expect(await runInPage({ entry, call: "open", args: ["swiftshader"] })).toMatchObject({
    source: "browser",
    adapter: { architecture: "swiftshader", isFallback: true, subgroupSizes: [4, 4] },
    features: ["timestamp-query", "subgroups"],
  });
  expect(await runInPage({ entry, call: "probe" })).toMatchObject([
    { device: expect.stringContaining("SwiftShader"), available: true },
  ]);
  await expect(runInPage({ entry, call: "open", args: ["Radeon"] })).rejects.toMatchObject({
    code: "E_BACKEND_UNAVAILABLE",
  });
});
