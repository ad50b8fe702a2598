// Every command in the documents is run in its smallest form, or by a step of CI or a test; else the reason is printed.
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../commands/documents.mjs";
import { wayOf } from "../commands/ways.mjs";
import { root } from "../setup.mjs";

const project = mkdtempSync(join(tmpdir(), "cambium-commands-"));
const all = commands().map((one) => ({ ...one, way: wayOf(one.command) }));
/** Most milliseconds that a command may take. */
const patience = 170_000;
const by = (key) => all.filter(({ way }) => way?.[key] !== undefined);

/** Makes what the documents' names refer to, as small as possible. */
beforeAll(async () => {
  symlinkSync(join(root, "node_modules"), join(project, "node_modules"), "junction");
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "reader", private: true }));
  mkdirSync(join(project, "eval-data"));
  writeFileSync(join(project, "eval-data", "lambada_openai.jsonl"), '{"text": "It was the best of times"}\n'.repeat(3));
  writeFileSync(join(project, "text.txt"), "It was the best of times, it was the worst of times. ".repeat(400));
  const recipe = `
name: small
data: { corpus: ./text.txt, heldOut: 0.2 }
model: { layers: 1, hidden: 16, heads: 2, intermediate: 32, context: 16 }
growth: [{ operator: stack, factor: 2, at: 1k }]
train: { tokens: 4k, batch: 8, lr: 1e-3 }
samples: { tokens: 4 }
`;
  writeFileSync(join(project, "recipe.yaml"), recipe);
  const slices =
    "{sources: [{model: ./llama-6l, layer_range: [0, 4]}]}, {sources: [{model: ./llama-6l, layer_range: [2, 6]}]}";
  writeFileSync(join(project, "passthrough.yml"), `merge_method: passthrough\nslices: [${slices}]\n`);
  // Two arms over four budgets: a table for `fit`.
  const runs = [1, 2, 4, 8].flatMap((c) =>
    ["scratch", "grown"].map(
      (arm, i) => `${arm},${c}e17,${c * (1 + i)}e7,${c}e9,${2 + (1 + i / 9) * c ** -0.3 + c / 999}`,
    ),
  );
  writeFileSync(join(project, "runs.csv"), `arm,flops,params,tokens,loss\n${runs.join("\n")}\n`);
  for (const name of ["llama-6l", "llama-small"])
    cpSync(join(root, "tools", "golden", "passthrough", "gqa-untied"), join(project, name), { recursive: true });
  const cambium = (...args) => run(["node", join(root, "packages", "cli", "dist", "main.js"), ...args], project);
  await cambium("run", "recipe.yaml");
  await cambium("grow", "runs/small", "model", "--factor", "1");
  await cambium("grow", "runs/small", "base", "--layers", "6");
  await cambium("grow", "llama-6l", "llama-32l", "--operator", "interpolation", "--layers", "32");
}, 600_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** Runs a command line to its end. @returns its exit code; @throws Error with its output, unless that code is `code` */
function run([program, ...args], cwd, code = 0) {
  return new Promise((done, fail) => {
    const file = program === "node" ? process.execPath : program;
    execFile(file, args, { cwd, encoding: "utf8", maxBuffer: 1e8, timeout: patience }, (error, out, errors) => {
      const status = error === null ? 0 : error.code;
      if (status === code) done(status);
      else fail(new Error(`${program} ${args.join(" ")} ended with ${status}:\n${out}${errors}`));
    });
  });
}

test("each command is exercised, or has a reason why not", () => {
  const unknown = all.filter(({ way }) => way === undefined).map(({ command, where }) => `${where}: ${command}`);
  expect(unknown, "give them a way in tools/commands/ways.mjs").toEqual([]);
  expect(all.length).toBeGreaterThan(50);
  for (const { command, way } of by("none")) console.log(`not run: ${command}: ${way.none}`);
});

test("the steps of CI and the tests that run commands exist", () => {
  const steps = readFileSync(join(root, ".ci", "run"), "utf8").split("\n");
  for (const { command, way } of by("step"))
    expect([command, steps.some((step) => step.startsWith(way.step))]).toEqual([command, true]);
  for (const { command, way } of by("test"))
    expect([command, existsSync(join(root, way.test))]).toEqual([command, true]);
  for (const { command, way } of by("paths"))
    for (const path of way.paths) expect([command, existsSync(join(root, path))]).toEqual([command, true]);
});

test("packages that documents install exist: ours, or a peer in the range of its backend", () => {
  const peers = {};
  for (const backend of ["onnx", "tfjs", "webgpu"]) {
    const { peerDependencies } = JSON.parse(readFileSync(join(root, "backends", backend, "package.json"), "utf8"));
    Object.assign(peers, peerDependencies);
  }
  for (const { command, way } of by("packages")) {
    for (const wanted of way.packages) {
      const [, name, range] = /^(@?[^@]+)(?:@(.*))?$/.exec(wanted);
      const [room, folder] = /^@cambium\/(operator|backend|engine)-/.test(name)
        ? [`${name.slice(9).split("-")[0]}s`, name.replace(/^@cambium\/\w+-/, "")]
        : ["packages", name.replace("@cambium/", "")];
      const known = name.startsWith("@cambium/") ? existsSync(join(root, room, folder)) : peers[name] !== undefined;
      expect([command, name, known]).toEqual([command, name, true]);
      if (range !== undefined) expect([command, name, range]).toEqual([command, name, peers[name]]);
    }
  }
});

describe("in its smallest form runs", () => {
  // Commands that differ only in size have one smallest form.
  const distinct = new Map(by("run").map((one) => [one.way.run.join(" "), one]));
  test.each([...distinct.values()].map(({ command, way }) => [command, way]))(
    "%s",
    async (_, way) => {
      if (way.replaces) rmSync(join(project, way.replaces), { recursive: true, force: true });
      await run(way.run, way.in === "root" ? root : project, way.code);
    },
    patience + 5000,
  );
});
