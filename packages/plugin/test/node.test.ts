// Node's importer over real folders: it finds what an import statement in the user's project would.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { resolvePlugin } from "@cambium/plugin";
import { listPlugins, nodeImporter } from "@cambium/plugin/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { contract, setupContract } from "./support.js";

const source = (name: string) => `export default { contract: 1, name: "${name}", open() {} };`;
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cambium-plugins-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), text);
}

function install(dir: string, name: string, files: Record<string, string>, manifest: object): void {
  write(
    `${dir}/node_modules/${name}/package.json`,
    JSON.stringify({ name, version: "1.0.0", type: "module", ...manifest }),
  );
  for (const [file, text] of Object.entries(files)) write(`${dir}/node_modules/${name}/${file}`, text);
}

const find = async (name: string, dir = "project", ...fallbacks: string[]) => {
  const importer = nodeImporter(join(root, dir), ...fallbacks.map((fallback) => join(root, fallback)));
  return (await resolvePlugin(contract, name, importer)).plugin;
};

test("finds an ESM-only package from a folder deep in the project", async () => {
  install(
    "project",
    "cambium-backend-abacus",
    { "lib/main.js": source("abacus") },
    { exports: { ".": { import: "./lib/main.js" } } },
  );
  mkdirSync(join(root, "project/a/b"), { recursive: true });
  expect((await find("abacus", "project/a/b")).name).toBe("abacus");
});

test("finds a scoped package with a plain main", async () => {
  install("project", "@cambium/backend-abacus", { "main.js": source("scoped") }, { main: "main.js" });
  expect((await find("abacus")).name).toBe("scoped");
});

test("takes the folder of a package, by its exports, its main or index.js, and reports one that is not built", async () => {
  const at = (name: string, manifest: object) =>
    write(`project/${name}/package.json`, JSON.stringify({ name: `@me/${name}`, type: "module", ...manifest }));
  at("with-exports", { exports: { ".": { default: "./dist/index.js" } } });
  await expect(find("./with-exports")).rejects.toMatchObject({ message: expect.stringMatching(/npm run build/) });
  write("project/with-exports/dist/index.js", source("exported"));
  at("with-main", { main: "lib/main.js" });
  write("project/with-main/lib/main.js", source("main"));
  at("plain", {});
  write("project/plain/index.js", source("plain"));
  write("project/empty/readme", "");
  for (const [folder, name] of [
    ["with-exports", "exported"],
    ["with-main", "main"],
    ["plain", "plain"],
  ] as const)
    expect((await find(`./${folder}`)).name).toBe(name);
  expect((await find(join(root, "project", "plain"))).name).toBe("plain");
  await expect(find("./empty")).rejects.toMatchObject({
    code: "E_PLUGIN_BROKEN",
    message: expect.stringMatching(/package\.json/),
  });
});

test("lists packages whose names do not tell their kind by their keywords", () => {
  write(
    "project/package.json",
    JSON.stringify({ dependencies: { "@me/stacker": "1", "@me/abacus": "1", other: "1", gone: "1" } }),
  );
  install("project", "@me/stacker", {}, { keywords: ["cambium", "cambium-operator"] });
  install("project", "@me/abacus", {}, { keywords: ["cambium-backend"] });
  install("project", "other", {}, { keywords: "cambium-operator" });
  expect(listPlugins(join(root, "project")).filter(({ name }) => !name.startsWith("@cambium"))).toEqual([
    { kind: "backend", name: "@me/abacus", package: "@me/abacus" },
    { kind: "operator", name: "@me/stacker", package: "@me/stacker" },
  ]);
});

test("finds files by relative path, absolute path and URL; a relative one from the project", async () => {
  write("project/mine.js", source("mine"));
  write("project/package.json", `{"type":"module"}`);
  const file = join(root, "project/mine.js");
  for (const name of ["./mine.js", file, pathToFileURL(file).href]) expect((await find(name)).name).toBe("mine");
  await expect(find("./other.js")).rejects.toMatchObject({ code: "E_PLUGIN_MISSING" });
});

test("looks in the project before the fallback folders", async () => {
  install("cli", "cambium-backend-abacus", { "main.js": source("beside the CLI") }, { main: "main.js" });
  mkdirSync(join(root, "project"));
  expect((await find("abacus", "project", "cli")).name).toBe("beside the CLI");
  install("project", "cambium-backend-abacus", { "main.js": source("in the project") }, { main: "main.js" });
  expect((await find("abacus", "project", "cli")).name).toBe("in the project");
});

test("nothing installed, a Node module's name, a project that does not exist: E_PLUGIN_MISSING", async () => {
  for (const [name, dir] of [
    ["abacus", "project"],
    ["fs", "project"],
    ["abacus", "no/such/folder"],
  ] as const) {
    await expect(find(name, dir)).rejects.toMatchObject({ code: "E_PLUGIN_MISSING" });
  }
});

test.each<[string, Record<string, string>, object, RegExp]>([
  ["an entry that was never built", {}, { exports: "./dist/main.js" }, /dist\/main\.js/],
  ["no export of its main", { "main.js": source("a") }, { exports: { "./other": "./main.js" } }, /exports/],
  [
    "a dependency that is missing",
    { "main.js": `import "no-such-driver"; ${source("a")}` },
    { main: "main.js" },
    /no-such-driver/,
  ],
  ["a syntax error", { "main.js": "export default {" }, { main: "main.js" }, /\S/],
  ["an error of its own", { "main.js": `throw new Error("driver too old");` }, { main: "main.js" }, /driver too old/],
])("installed with %s: E_PLUGIN_BROKEN with that error", async (_, files, manifest, message) => {
  install("project", "@cambium/backend-abacus", files, manifest);
  const error = await find("abacus").catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: "E_PLUGIN_BROKEN",
    message: expect.stringMatching(message),
    cause: expect.any(Error),
  });
});

test("an entry is taken from the package; a package that does not export it: E_PLUGIN_ENTRY", async () => {
  const files = { "main.js": source("abacus"), "setup.js": source("set up") };
  install("project", "@cambium/backend-abacus", files, { exports: { ".": "./main.js", "./setup": "./setup.js" } });
  install("project", "cambium-backend-beads", files, { exports: { ".": "./main.js" } });
  const importer = nodeImporter(join(root, "project"));
  expect((await resolvePlugin(setupContract, "abacus", importer)).plugin.name).toBe("set up");
  await expect(resolvePlugin(setupContract, "beads", importer)).rejects.toMatchObject({ code: "E_PLUGIN_ENTRY" });
});

test("lists the dependencies of the nearest package.json and the installed packages of Cambium, and nothing else", () => {
  const dependencies = { "cambium-operator-mine": "1", "left-pad": "1", "@cambium/ir": "1" };
  const devDependencies = { "@acme/cambium-backend-fast": "1" };
  write("project/package.json", JSON.stringify({ dependencies, devDependencies }));
  mkdirSync(join(root, "project/a/b"), { recursive: true });
  install("project", "@cambium/backend-abacus", {}, {});
  install("project", "@cambium/ir", {}, {});
  install("project", "cambium-operator-stray", {}, {});
  install(".", "@cambium/operator-stack", {}, {});
  install("cli", "@cambium/family-llama", {}, {});
  const listed = listPlugins(join(root, "project/a/b"), join(root, "cli"));
  expect(listed.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    "backend @acme/cambium-backend-fast",
    "backend abacus",
    "family llama",
    "operator stack",
    "operator cambium-operator-mine",
  ]);
});

test.each(["{", "null", "[]", '{ "dependencies": 1 }'])("lists nothing of the package.json %s", (text) => {
  write("project/package.json", text);
  expect(listPlugins(join(root, "project")).filter(({ package: name }) => !name.startsWith("@cambium/"))).toEqual([]);
});
