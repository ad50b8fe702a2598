// The default backend, and the suggestion for a misspelt name.
import { describe, expect, test } from "vitest";
import { checkOptions, defaultBackend, resolveBackend } from "../src/index.js";

/** A project in which `installed` backends are installed, and `asked` are only listed in package.json. */
function project(installed: readonly string[], asked: readonly string[] = []) {
  const listing = (name: string) => {
    const ours = name.includes("/") || name.startsWith("cambium-") ? name : `@cambium/backend-${name}`;
    return { kind: "backend" as const, name, package: ours };
  };
  const there = new Set(installed.map((name) => listing(name).package));
  return {
    resolve: (specifier: string) => (there.has(specifier) ? `file:///${specifier}` : null),
    import: async () => ({}),
    list: () => [...installed, ...asked].map(listing),
  };
}

describe("the default", () => {
  test.each([
    [["onnx", "tfjs", "webgpu"], [], "onnx"],
    [["webgpu"], [], "webgpu"],
    [["tfjs"], ["onnx"], "tfjs"],
    [["cambium-backend-abacus"], [], "abacus"],
    [[], ["webgpu"], "onnx"],
  ])("installed %j, asked for %j: %s", (installed, asked, expected) => {
    expect(defaultBackend(project(installed, asked))).toBe(expected);
  });

  test("several without onnx are a choice", () => {
    expect(() => defaultBackend(project(["tfjs", "webgpu"]))).toThrowError(
      expect.objectContaining({
        code: "E_BACKEND_CHOICE",
        details: expect.objectContaining({ expected: "one of tfjs, webgpu" }),
      }),
    );
  });
});

describe("did you mean", () => {
  test.each([
    ["refrence", "reference"],
    ["webgup", "webgpu"],
    ["Webgpu", "webgpu"],
    ["abbacus", "abacus"],
  ])("%s: %s", async (word, meant) => {
    const importer = project(["webgpu", "cambium-backend-abacus"]);
    await expect(resolveBackend(word, importer)).rejects.toThrowError(
      expect.objectContaining({
        details: expect.objectContaining({ hint: expect.stringContaining(`did you mean "${meant}"?`) }),
      }),
    );
  });

  test("an engine", () => {
    const known = { engine: ["auto", "node", "wasm"] } as const;
    expect(() => checkOptions("any", { engine: "wsam" }, known)).toThrowError(/did you mean "wasm"/);
    expect(() => checkOptions("any", { engine: "wasm" }, known)).not.toThrow();
  });

  test("an option", () => {
    expect(() => checkOptions("any", { thread: 2 }, { threads: "number" })).toThrowError(/did you mean "threads"/);
  });
});
