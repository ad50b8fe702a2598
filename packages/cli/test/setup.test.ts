// `cambium setup`: options, outcome and failures of a backend package's own setup.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cambium, json, output } from "./support.js";

const project = mkdtempSync(join(tmpdir(), "cambium-setup-"));
const there = process.cwd();

/** Writes its options to `made/given.json`. Its errors come from another copy of @cambium/ir, the built one. */
const source = `
import { writeFileSync } from "node:fs";
import { CambiumError } from ${JSON.stringify(new URL("../../ir/dist/index.js", import.meta.url).href)};
const outcome = (changed, summary, given) => ({ changed, summary, details: { beads: 10, given } });
export default {
  contract: 1,
  summary: "Strings beads on wires.",
  options: [
    { name: "brass-wires", description: "use brass" },
    { name: "beads", value: "COUNT", description: "how many" },
    { name: "colour", value: "NAME", several: true, description: "a colour" },
  ],
  examples: ["cambium setup abacus --beads 10"],
  async setup(given, host) {
    if (given.beads === "none") throw new CambiumError("E_BEADS", "no beads", { hint: "buy some" });
    if (given.beads === "forever") {
      process.kill(process.pid, "SIGTERM");
      await new Promise((_, reject) => host.signal.addEventListener("abort", () => reject(new Error("cut"))));
    }
    host.report("stringing");
    await host.requireSpace("made", 1);
    await host.replaceDirectory("made", async (scratch) => writeFileSync(scratch + "/given.json", JSON.stringify(given)));
    return outcome(true, "strung 10 beads", given);
  },
  remove: async (given) => outcome(false, "there was nothing", given),
};`;

beforeAll(() => {
  const install = (name: string, files: Record<string, string>, exports: object) => {
    const manifest = JSON.stringify({ name, version: "1.0.0", type: "module", exports });
    for (const [file, text] of Object.entries({ ...files, "package.json": manifest })) {
      const path = join(project, "node_modules", name, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  };
  install(
    "cambium-backend-abacus",
    { "setup.js": source, "main.js": "throw 1" },
    { ".": "./main.js", "./setup": "./setup.js" },
  );
  install("@cambium/engine-loom", { "main.js": "" }, { ".": "./main.js" });
  install("cambium-backend-plain", { "main.js": "" }, { ".": "./main.js" });
  process.chdir(project);
});
afterAll(() => {
  process.chdir(there);
  rmSync(project, { recursive: true });
});

test("passes the backend's own options to its setup and prints the outcome", async () => {
  const args = ["--brass-wires", "--beads", "10", "--colour", "red", "--colour", "blue"];
  const { code, output, errors } = await cambium(["setup", "abacus", ...args]);
  expect([code, output, errors]).toEqual([0, "Strung 10 beads.\n", "stringing\n"]);
  const given = { "brass-wires": true, beads: "10", colour: ["red", "blue"] };
  expect(JSON.parse(readFileSync("made/given.json", "utf8"))).toEqual(given);
  expect(await json("setup", "abacus", ...args)).toEqual({
    changed: true,
    summary: "strung 10 beads",
    beads: 10,
    given,
  });
});

test("--remove undoes it", async () => {
  expect(await json("setup", "abacus", "--remove")).toMatchObject({ changed: false, given: {} });
});

test("--help shows the backend's options and examples", async () => {
  const text = await output("setup", "abacus", "--help");
  for (const part of ["Strings beads", "--brass-wires", "--beads <COUNT>", "--colour <NAME>", "--remove", "--json"]) {
    expect(text).toContain(part);
  }
  expect(text).toContain("  cambium setup abacus --beads 10");
});

test.each<[string, string[], RegExp]>([
  ["an unknown option", ["abacus", "--bead", "3"], /E_USAGE: unknown option '--bead'[\s\S]*--beads/],
  ["one argument too many", ["abacus", "more"], /E_USAGE: too many arguments/],
  ["no name", [], /E_USAGE: missing required argument 'name'/],
  ["a backend that is not installed", ["beads"], /E_PLUGIN_MISSING[\s\S]*npm install @cambium\/backend-beads/],
  ["an engine's name misspelt", ["lomo"], /E_PLUGIN_MISSING: engine "lomo"[\s\S]*did you mean "loom"/],
  ["a backend without a set-up", ["plain"], /E_PLUGIN_ENTRY: backend cambium-backend-plain has no setup/],
  ["an error from the setup itself", ["abacus", "--beads", "none"], /E_BEADS: no beads\n {2}try: buy some/],
])("%s: exit code 2", async (_, args, says) => {
  const { code, errors } = await cambium(["setup", ...args]);
  expect(code).toBe(2);
  expect(errors).toMatch(says);
});

test("interrupted by a signal: exit code 130", async () => {
  const { code, errors } = await cambium(["setup", "abacus", "--beads", "forever"]);
  expect([code, errors]).toEqual([130, expect.stringMatching(/Interrupted; everything is as it was before/)]);
});
