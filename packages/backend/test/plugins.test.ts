// Backends and their set-ups as plugins: the built-in ones, incomplete ones, and the entry `./setup`.
import type { PluginImporter } from "@cambium/plugin";
import { describe, expect, test } from "vitest";
import { defineBackend, defineSetup, referenceBackend, resolveBackend, resolveSetup } from "../src/index.js";

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

test("the built-in backends need no package", async () => {
  for (const name of ["reference", "null"]) expect((await resolveBackend(name, modules({}))).name).toBe(name);
});

test("a half-made backend: E_PLUGIN_INVALID with every missing member", async () => {
  const half = modules({ abacus: { default: { contract: 2, name: "" } } });
  await expect(resolveBackend("abacus", half)).rejects.toMatchObject({
    code: "E_PLUGIN_INVALID",
    details: { reasons: ["name", "open", "probe"].map((where) => ({ where })) },
  });
});

describe("a backend's set-up", () => {
  const made = async () => ({ changed: true, summary: "made", details: {} });
  const setup = defineSetup({ summary: "makes beads", options: [], examples: [], setup: made, remove: made });
  const find = (name: string, held: Record<string, unknown>) => resolveSetup(name, modules(held));

  test("is the entry ./setup of its package, and nothing else is loaded", async () => {
    const held = { "cambium-backend-abacus/setup": { default: setup }, "cambium-backend-abacus": new Error("loaded") };
    expect(await find("abacus", held)).toBe(setup);
  });

  test("that is incomplete is refused with every missing member", async () => {
    await expect(find("abacus", { "abacus/setup": { default: { contract: 1 } } })).rejects.toMatchObject({
      code: "E_PLUGIN_INVALID",
      details: { reasons: ["summary", "options", "examples", "setup", "remove"].map((where) => ({ where })) },
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
