// cambium doctor, and the help of every command.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PluginListing, pluginOfPackage } from "@cambium/plugin";
import { listPlugins } from "@cambium/plugin/node";
import { afterAll, describe, expect, test } from "vitest";
import { cambium, json, output } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("doctor", () => {
  const module = (value: unknown) => ({ default: value });
  const backend = (probe: () => Promise<unknown>) => module({ name: "b", contract: 2, open: async () => ({}), probe });

  function surroundings(modules: Record<string, () => unknown>, listed: (dir: string) => readonly PluginListing[]) {
    const importer = (dir: string) => ({
      list: () => listed(dir),
      resolve: (specifier: string) => (specifier in modules ? specifier : null),
      import: async (address: string) => modules[address]?.(),
    });
    return { importer };
  }

  test("finds what is installed here", async () => {
    const { backends, operators, ready } = await json("doctor");
    expect(backends).toContainEqual(expect.objectContaining({ name: "onnx", state: "ok" }));
    expect(operators).toContainEqual(expect.objectContaining({ name: "stack", state: "ok" }));
    expect(ready).toBe(true);
  });

  test("shows how to install what is missing, and the error of what is broken; one does not hide another", async () => {
    const modules = {
      "@cambium/backend-onnx": () => {
        throw new Error("libonnxruntime.so.1: cannot open shared object file");
      },
      "@cambium/backend-webgpu": () => backend(() => Promise.reject(new TypeError("no adapter, no device"))),
      "@cambium/operator-stack": () => module({ contract: 99 }),
    };
    const listed = [...Object.keys(modules), "@cambium/backend-tfjs"]
      .map(pluginOfPackage)
      .filter((one) => one !== undefined);
    const host = surroundings(modules, () => listed);
    const { code, output: text } = await cambium(["doctor"], host);
    expect(code).toBe(2);
    expect(text).toMatch(/✗ onnx: .*libonnxruntime\.so\.1: cannot open shared object file/);
    expect(text).toMatch(/✗ webgpu: no adapter, no device/);
    expect(text).toMatch(/– tfjs: not installed\n +npm install @cambium\/backend-tfjs/);
    expect(text).toMatch(/✗ stack: .*another version/);
    expect(text).toMatch(/No backend can compute here/);
    const { code: again, output: data } = await cambium(["doctor", "--json"], host);
    expect([again, JSON.parse(data)]).toMatchObject([2, { ready: false, corpora: { state: "missing" } }]);
  });

  test("reads plugins from package.json, and survives a broken package.json", async () => {
    const there = process.cwd();
    const project = join(folder, "doctor");
    mkdirSync(project);
    const mine = () => backend(async () => [{ device: "d", available: true, detail: "here" }]);
    const host = surroundings({ "cambium-backend-mine": mine }, listPlugins);
    try {
      process.chdir(project);
      writeFileSync("package.json", '{ "dependencies": { "cambium-backend-mine": "1", "left-pad": "1" } }');
      const { code, output: text } = await cambium(["doctor"], host);
      expect([code, text]).toEqual([
        0,
        expect.stringMatching(/✓ cambium-backend-mine: installed\n +✓ d: here[\s\S]*Ready\./),
      ]);
      for (const broken of ["{", "null", "[]", '{ "dependencies": 1 }']) {
        writeFileSync("package.json", broken);
        expect((await cambium(["doctor"], host)).output).toContain("Backends");
      }
    } finally {
      process.chdir(there);
    }
  });
});

describe("help", () => {
  test.each(["run", "train", "grow", "generate", "inspect", "report", "doctor"])(
    "%s has examples and its JSON",
    async (command) => {
      expect(await output(command, "--help")).toMatch(
        /Usage: cambium[\s\S]*With --json: [\s\S]*Examples:\n {2}cambium/,
      );
    },
  );

  test("is printed for an empty command line", async () => {
    expect(await output()).toBe(await output("--help"));
    expect(await output("--version")).toMatch(/^\d+\.\d+\.\d+/);
    expect((await cambium(["help", "run"])).output).toBe(await output("run", "--help"));
  });
});
