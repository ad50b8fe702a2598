// Plugin resolution with an importer in memory: the order of candidates, and each way it can fail.
import type { CambiumError } from "@cambium/ir";
import { describe, expect, test } from "vitest";
import {
  backendPlugin,
  defineBackend,
  defineSetup,
  type PluginImporter,
  pluginCandidates,
  referenceBackend,
  resolveBackend,
  resolvePlugin,
  resolveSetup,
} from "../src/index.js";

const whole = defineBackend({ name: "abacus", open: () => referenceBackend.open(), probe: async () => [] });

/** An importer over modules by specifier; an Error is thrown when its module is imported. */
function modules(held: Record<string, unknown>): PluginImporter {
  return {
    resolve: (specifier) => (Object.hasOwn(held, specifier) ? `file:///p/${specifier}` : null),
    import: async (address) => {
      const module = held[address.slice("file:///p/".length)];
      if (module instanceof Error) throw module;
      return module;
    },
  };
}

async function failure(name: string, held: Record<string, unknown>): Promise<CambiumError> {
  return resolveBackend(name, modules(held)).then(
    () => expect.unreachable("it resolved"),
    (error: CambiumError) => error,
  );
}

test("a short name is first ours, then a third party's, then a package of that very name", () => {
  expect(pluginCandidates("backend", "onnx")).toEqual(["@cambium/backend-onnx", "cambium-backend-onnx", "onnx"]);
  expect(pluginCandidates("operator", "stack")).toEqual(["@cambium/operator-stack", "cambium-operator-stack", "stack"]);
});

test.each([
  "@acme/fast",
  "cambium-backend-fast",
  "./fast.js",
  "../fast/index.js",
  "/opt/fast.js",
  "C:\\fast.js",
  "file:///fast.js",
])("%s is itself and nothing else", (name) => expect(pluginCandidates("backend", name)).toEqual([name]));

test.each([
  "",
  "a/../../b",
  "@a/../b",
  "..",
  ".",
  "node:fs",
  "https://a.b/c.js",
  "data:text/javascript,1",
  "a/b",
  "@a/b/c",
  "UPPER",
  "a b",
  "a\0",
  "./a\0.js",
  "_a",
  "x".repeat(215),
])("%j names no plugin: E_PLUGIN_NAME", (name) =>
  expect(() => pluginCandidates("backend", name)).toThrow(expect.objectContaining({ code: "E_PLUGIN_NAME" })),
);

test.each([
  [["@cambium/backend-abacus", "cambium-backend-abacus", "abacus"], "@cambium/backend-abacus"],
  [["cambium-backend-abacus", "abacus"], "cambium-backend-abacus"],
  [["abacus"], "abacus"],
])("of %j the first is taken", async (installed, specifier) => {
  const held = Object.fromEntries(installed.map((name) => [name, { default: whole }]));
  const found = await resolvePlugin(backendPlugin, "abacus", modules(held));
  expect(found).toEqual({ plugin: whole, specifier, address: `file:///p/${specifier}` });
});

test("the built-in backends need no package", async () => {
  for (const name of ["reference", "null"]) expect((await resolveBackend(name, modules({}))).name).toBe(name);
});

test("missing: says what was looked for and the command that installs it", async () => {
  const error = await failure("onnx", {});
  expect(error.format()).toBe(
    [
      'E_PLUGIN_MISSING: backend "onnx" is not installed',
      "  expected: one of @cambium/backend-onnx, cambium-backend-onnx, onnx",
      "  try: npm install @cambium/backend-onnx",
    ].join("\n"),
  );
  expect((await failure("@acme/fast", {})).details.hint).toBe("npm install @acme/fast");
  expect((await failure("./fast.js", {})).format()).toMatch(/no backend at \.\/fast\.js\n(.*\n)*.*check the path/);
});

test("broken: shows the plugin's own error and is not mistaken for absent", async () => {
  const own = new Error("libgpu.so.1: cannot open shared object file");
  const error = await failure("abacus", {
    "@cambium/backend-abacus": own,
    "cambium-backend-abacus": { default: whole },
  });
  expect(error.code).toBe("E_PLUGIN_BROKEN");
  expect(error.message).toContain(own.message);
  expect(error.cause).toBe(own);
});

test("a package whose address cannot be worked out is broken too", async () => {
  const own = new Error('No "exports" main defined');
  const importer: PluginImporter = {
    resolve: () => {
      throw own;
    },
    import: async () => ({}),
  };
  await expect(resolveBackend("abacus", importer)).rejects.toMatchObject({ code: "E_PLUGIN_BROKEN", cause: own });
});

test.each<[string, unknown, string]>([
  ["a module without a default export", { open: () => {} }, "no default export"],
  ["a module that is null", null, "no default export"],
  ["a default export that is a function", { default: () => {} }, "function"],
  ["a default export without a version", { default: { name: "abacus" } }, "without a contract version"],
])("%s: E_PLUGIN_INVALID", async (_, module, got) => {
  const error = await failure("abacus", { abacus: module });
  expect(error.code).toBe("E_PLUGIN_INVALID");
  expect(error.details.got).toContain(got);
});

test("a half-made backend: E_PLUGIN_INVALID with every missing member", async () => {
  const error = await failure("abacus", { abacus: { default: { contract: 1, name: "" } } });
  expect(error.code).toBe("E_PLUGIN_INVALID");
  expect(error.details.reasons?.map(({ where }) => where)).toEqual(["name", "open", "probe"]);
});

test.each([
  [0, "npm install cambium-backend-abacus@latest"],
  [2, "npm install @cambium/cli@latest"],
])("made for contract %i: E_PLUGIN_CONTRACT, and says which side to update", async (contract, hint) => {
  const error = await failure("abacus", {
    "cambium-backend-abacus": { default: { ...whole, contract, version: "3.1.4" } },
  });
  expect(error).toMatchObject({
    code: "E_PLUGIN_CONTRACT",
    details: { hint, expected: "backend contract 1", got: `backend contract ${contract}` },
  });
  expect(error.message).toContain("cambium-backend-abacus 3.1.4");
});

describe("a backend's set-up", () => {
  const made = async () => ({ changed: true, summary: "made", details: {} });
  const setup = defineSetup({ summary: "makes beads", options: [], examples: [], setup: made, remove: made });
  const find = (name: string, held: Record<string, unknown>) => resolveSetup(name, modules(held));

  test("is the entry ./setup of its package, and nothing else is loaded", async () => {
    const held = { "cambium-backend-abacus/setup": { default: setup }, "cambium-backend-abacus": new Error("loaded") };
    expect(await find("abacus", held)).toBe(setup);
  });

  test("is told from a backend, and named when incomplete", async () => {
    await expect(find("abacus", { "abacus/setup": { default: { contract: 1 } } })).rejects.toMatchObject({
      code: "E_PLUGIN_INVALID",
      details: { reasons: ["setup", "remove", "options", "examples", "summary"].map((where) => ({ where })) },
    });
  });

  test("of another major version is refused", async () => {
    const future = { ...setup, contract: 2 };
    await expect(find("abacus", { "abacus/setup": { default: future } })).rejects.toMatchObject({
      code: "E_PLUGIN_CONTRACT",
    });
  });

  test.each(["reference", "null", "./mine.js"])("%s has none: E_PLUGIN_ENTRY", async (name) => {
    await expect(find(name, { [name]: { default: whole } })).rejects.toMatchObject({ code: "E_PLUGIN_ENTRY" });
  });

  test("of a backend that is not installed: E_PLUGIN_MISSING", async () => {
    await expect(find("abacus", {})).rejects.toMatchObject({
      code: "E_PLUGIN_MISSING",
      details: { hint: "npm install @cambium/backend-abacus" },
    });
  });
});
