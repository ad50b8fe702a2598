// Plugin resolution with an importer in memory: the order of candidates, and each way it can fail.
import type { CambiumError } from "@cambium/ir";
import { type PluginImporter, pluginCandidates, pluginOfPackage, resolvePlugin } from "@cambium/plugin";
import { expect, test } from "vitest";
import { type Abacus, contract, modules } from "./support.js";

const whole: Abacus = { contract: 1, name: "abacus", open: () => {} };

async function failure(name: string, importer: PluginImporter): Promise<CambiumError> {
  return resolvePlugin(contract, name, importer).then(
    () => expect.unreachable("it resolved"),
    (error: CambiumError) => error,
  );
}

test("a short name means our package first, then a third party's, then a package of exactly that name", () => {
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
])("%s means only itself", (name) => expect(pluginCandidates("backend", name)).toEqual([name]));

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
])("of %j the first one is used", async (installed, specifier) => {
  const held = Object.fromEntries(installed.map((name) => [name, { default: whole }]));
  const found = await resolvePlugin(contract, "abacus", modules(held));
  expect(found).toEqual({ plugin: whole, specifier, address: `file:///p/${specifier}` });
});

test("missing: the error has the names that were tried and the command that installs it", async () => {
  const error = await failure("onnx", modules({}));
  expect(error.format()).toBe(
    [
      'E_PLUGIN_MISSING: backend "onnx" is not installed',
      "  expected: one of @cambium/backend-onnx, cambium-backend-onnx, onnx",
      "  try: npm install @cambium/backend-onnx",
    ].join("\n"),
  );
  expect((await failure("@acme/fast", modules({}))).details.hint).toBe("npm install @acme/fast");
  expect((await failure("./fast.js", modules({}))).format()).toMatch(
    /no backend at \.\/fast\.js\n(.*\n)*.*check the path/,
  );
});

test("broken: the error shows the plugin's own and differs from the one for a missing plugin", async () => {
  const own = new Error("libgpu.so.1: cannot open shared object file");
  const held = { "@cambium/backend-abacus": own, "cambium-backend-abacus": { default: whole } };
  const error = await failure("abacus", modules(held));
  expect(error.code).toBe("E_PLUGIN_BROKEN");
  expect(error.message).toContain(own.message);
  expect(error.cause).toBe(own);
});

test("a package whose address cannot be resolved is broken too", async () => {
  const own = new Error('No "exports" main defined');
  const importer: PluginImporter = {
    resolve: () => {
      throw own;
    },
    import: async () => ({}),
  };
  await expect(resolvePlugin(contract, "abacus", importer)).rejects.toMatchObject({
    code: "E_PLUGIN_BROKEN",
    cause: own,
  });
});

test.each<[string, unknown, string]>([
  ["a module without a default export", { open: () => {} }, "no default export"],
  ["a module that is null", null, "no default export"],
  ["a default export that is a function", { default: () => {} }, "function"],
  ["a default export without a version", { default: { name: "abacus" } }, "without a contract version"],
])("%s: E_PLUGIN_INVALID", async (_, module, got) => {
  const error = await failure("abacus", modules({ abacus: module }));
  expect(error.code).toBe("E_PLUGIN_INVALID");
  expect(error.details.got).toContain(got);
});

test("an incomplete plugin: E_PLUGIN_INVALID with every missing member", async () => {
  const error = await failure("abacus", modules({ abacus: { default: { contract: 1, name: "" } } }));
  expect(error.code).toBe("E_PLUGIN_INVALID");
  expect(error.details.reasons?.map(({ where }) => where)).toEqual(["name", "open"]);
});

test.each([
  [0, "npm install cambium-backend-abacus@latest"],
  [2, "npm install @cambium/cli@latest"],
])("made for contract %i: E_PLUGIN_CONTRACT, with a hint which side to update", async (stamp, hint) => {
  const error = await failure(
    "abacus",
    modules({ "cambium-backend-abacus": { default: { ...whole, contract: stamp, version: "3.1.4" } } }),
  );
  expect(error).toMatchObject({
    code: "E_PLUGIN_CONTRACT",
    details: { hint, expected: "backend contract 1", got: `backend contract ${stamp}` },
  });
  expect(error.message).toContain("cambium-backend-abacus 3.1.4");
});

test("missing, while a plugin with a similar name is installed: the hint suggests it", async () => {
  const listed = ["stack", "interpolation"].map((name) => ({
    ...{ kind: "backend" as const, name, package: `@cambium/backend-${name}` },
  }));
  const hint = async (name: string, kind = "backend" as const) =>
    (
      await failure(
        name,
        modules(
          { "@cambium/backend-stack": { default: whole } },
          listed.map((one) => ({ ...one, kind })),
        ),
      )
    ).details.hint;
  expect(await hint("stcak")).toBe(
    'did you mean "stack"? If not: npm install @cambium/backend-stcak; available here: stack',
  );
  expect(await hint("onnx")).toBe("npm install @cambium/backend-onnx; available here: stack");
});

test.each([
  ["@cambium/backend-onnx", { kind: "backend", name: "onnx" }],
  ["@cambium/operator-partial-12-345x7-6", { kind: "operator", name: "partial-12-345x7-6" }],
  ["cambium-family-gemma", { kind: "family", name: "cambium-family-gemma" }],
  ["@acme/cambium-eval-law", { kind: "eval", name: "@acme/cambium-eval-law" }],
  ["@cambium/engine-torch", { kind: "engine", name: "torch" }],
  ["@cambium/ir", undefined],
  ["@cambium/backend", undefined],
  ["backend-onnx", undefined],
  ["@acme/backend-onnx", undefined],
])("the package %s is the plugin %o", (name, plugin) => {
  expect(pluginOfPackage(name)).toEqual(plugin && { ...plugin, package: name });
});
