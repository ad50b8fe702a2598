// `cambium plugins` and `cambium create`, in temporary projects.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { main } from "../src/program.js";

const root = new URL("../../../", import.meta.url).pathname;
const project = mkdtempSync(join(tmpdir(), "cambium-plugins-"));
const modules = join(project, "node_modules");
beforeAll(() => {
  mkdirSync(join(modules, "@cambium"), { recursive: true });
  for (const [name, at] of [
    ["growth", "packages/growth"],
    ["operator-stack", "operators/stack"],
  ])
    symlinkSync(join(root, at as string), join(modules, "@cambium", name as string));
  plugin(
    "cambium-eval-capitals",
    `export default { contract: 1, name: "capitals", version: "1.2.3", summary: "which city", options: {}, document: {},
      requests() {}, sample() {}, metrics: {} };`,
  );
  plugin("cambium-operator-torn", 'throw new Error("torn in two")');
  plugin("cambium-operator-elder", 'export default { contract: 0, name: "elder" }');
  const dependencies = {
    "cambium-eval-capitals": "1",
    "cambium-operator-torn": "1",
    "cambium-operator-elder": "1",
    "left-pad": "1",
  };
  writeFileSync(join(project, "package.json"), JSON.stringify({ dependencies }));
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

function plugin(name: string, code: string): void {
  mkdirSync(join(modules, name));
  writeFileSync(
    join(modules, name, "package.json"),
    JSON.stringify({ name, version: "1.2.3", type: "module", exports: "./index.js" }),
  );
  writeFileSync(join(modules, name, "index.js"), code);
}

async function cambium(...args: string[]): Promise<{ code: number; out: string; errors: string }> {
  const cwd = vi.spyOn(process, "cwd").mockReturnValue(project);
  const print = vi.spyOn(console, "log").mockImplementation(() => {});
  const complain = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const complainToo = vi.spyOn(console, "error").mockImplementation(() => {});
  try {
    const code = await main(args);
    const out = print.mock.calls.map(([line]) => String(line)).join("\n");
    return {
      code,
      out,
      errors: [...complain.mock.calls, ...complainToo.mock.calls].map(([line]) => String(line)).join(""),
    };
  } finally {
    for (const spy of [cwd, print, complain, complainToo]) spy.mockRestore();
  }
}

describe("cambium plugins", () => {
  test("lists installed plugins with versions and claims, and a broken one with its error", async () => {
    const { code, out } = await cambium("plugins", "--json");
    expect(code).toBe(0);
    const listed = JSON.parse(out) as { name: string }[];
    const named = (name: string) => listed.find((one) => one.name === name);
    const { version } = JSON.parse(readFileSync(join(root, "operators/stack/package.json"), "utf8"));
    expect(named("stack")).toMatchObject({ kind: "operator", version, functionPreserving: "no" });
    expect(named("cambium-operator-torn")).toMatchObject({
      version: null,
      error: expect.stringContaining("torn in two"),
    });
    expect(named("cambium-operator-elder")).toMatchObject({
      error: expect.stringContaining("another version of Cambium"),
    });
    expect(named("capitals")).toMatchObject({ kind: "eval", version: "1.2.3", summary: "which city" });
    expect(named("left-pad")).toBeUndefined();
  });

  test("prints the same as text", async () => {
    const { out } = await cambium("plugins");
    expect(out).toMatch(
      /^Operators\n(?: .*\n)* {2}✓ stack \d+\.\d+\.\d+ \(@cambium\/operator-stack\), changes the function\n/,
    );
    expect(out).toContain(
      "✗ cambium-operator-torn: operator cambium-operator-torn is installed but does not load: torn in two",
    );
  });
});

/** A new package depends on the versions that this repository is tested with. */
function expectCatalog(ranges: object): void {
  const catalog = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8").replaceAll('"', "");
  for (const [library, range] of Object.entries(ranges)) expect(catalog).toContain(`\n  ${library}: ${range}\n`);
}

describe("cambium create", () => {
  test("writes a whole package, for the tools and the contract of this version", async () => {
    const { code, out } = await cambium("create", "operator", "myStack", "--out", join(project, "mine"), "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ name: "my-stack", package: "cambium-operator-my-stack" });
    expect(readdirSync(join(project, "mine")).sort()).toEqual([
      ".gitignore",
      "README.md",
      "package.json",
      "src",
      "test",
      "tsconfig.json",
    ]);
    const { name, dependencies, devDependencies } = JSON.parse(
      readFileSync(join(project, "mine", "package.json"), "utf8"),
    );
    expect(name).toBe("cambium-operator-my-stack");
    expect(dependencies).toEqual({ "@cambium/growth": "^0.1.0" });
    expectCatalog(devDependencies);
  });

  test.each([
    ["family", "cambium-family-my-stack", { "@cambium/ir": "^0.1.0", "@cambium/model": "^0.1.0" }],
    ["task", "cambium-eval-my-stack", { "@cambium/eval": "^0.1.0" }],
  ])("of a %s, whose package is %s", async (kind, expected, ours) => {
    const out = join(project, kind);
    expect((await cambium("create", kind, "myStack", "--out", out)).code).toBe(0);
    const { name, dependencies, keywords } = JSON.parse(readFileSync(join(out, "package.json"), "utf8"));
    expect(name).toBe(expected);
    expect(keywords).toContain(expected.replace("-my-stack", ""));
    expect(dependencies).toMatchObject(ours);
    expectCatalog(Object.fromEntries(Object.entries(dependencies).filter(([name]) => !name.startsWith("@cambium/"))));
  });

  test("overwrites nothing", async () => {
    mkdirSync(join(project, "taken"));
    writeFileSync(join(project, "taken", "README.md"), "mine");
    const { code, errors } = await cambium("create", "backend", "abacus", "--out", join(project, "taken"));
    expect(code).toBe(2);
    expect(errors).toMatch(/E_EXISTS[\s\S]*README\.md/);
    expect(readdirSync(join(project, "taken"))).toEqual(["README.md"]);
  });

  test.each(["../x", "typeof", "2-fast", "A B"])("refuses the name %j", async (name) => {
    const { code, errors } = await cambium("create", "operator", name);
    expect(code).toBe(2);
    expect(errors).toContain("E_USAGE");
  });
});
