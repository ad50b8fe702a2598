// `npm run new`: the files made from the templates type-check, follow the house style and pass their own tests.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createPlugin, spellings } from "@cambium/plugin/node";
import { afterAll, describe, expect, test } from "vitest";
import { missingLowerings, newOp } from "../new/op.mjs";
import { root, tool } from "../setup.mjs";

const scratch = mkdtempSync(join(tmpdir(), "cambium-new-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const ours = join(scratch, "node_modules", "@cambium");
mkdirSync(ours, { recursive: true });
for (const name of ["ir", "backend", "growth", "model", "eval"])
  symlinkSync(join(root, "packages", name), join(ours, name), "junction");
for (const [from, name] of [
  [root, "vitest"],
  [join(root, "packages", "eval"), "zod"],
])
  symlinkSync(join(from, "node_modules", name), join(scratch, "node_modules", name), "junction");
for (const file of ["tsconfig.base.json", "biome.json", ".gitignore"]) cpSync(join(root, file), join(scratch, file));
const include = ["*/*/src", "*/*/test"];
const compilerOptions = { typeRoots: [join(root, "node_modules", "@types")] };
const settings = { extends: "./tsconfig.base.json", compilerOptions, include };
writeFileSync(join(scratch, "tsconfig.json"), JSON.stringify(settings));

const operator = join(scratch, "operators", "tail-end");
createPlugin(operator, { kind: "operator", name: "tail-end", packageName: "@cambium/operator-tail-end" });
const backend = join(scratch, "backends", "abacus-two");
createPlugin(backend, { kind: "backend", name: "abacusTwo", packageName: "@acme/abacus-two" });
const outside = { cambium: "^0.1.0" };
const family = join(scratch, "packages", "side-by-side");
createPlugin(family, { kind: "family", name: "side-by-side", packageName: "cambium-family-side-by-side", ...outside });
const task = join(scratch, "packages", "pop-quiz");
createPlugin(task, { kind: "task", name: "popQuiz", packageName: "cambium-eval-pop-quiz", ...outside });
const ir = join(scratch, "packages", "ir");
cpSync(join(root, "packages", "ir", "src"), join(ir, "src"), { recursive: true });
newOp(ir, "soft-sign");
newOp(ir, "silu-two", "composite");

describe("npm run new -- op", () => {
  test("its values and gradient are those of x / (1 + |x|)", async () => {
    const { differentiate, evaluate, primitives, sampleLoss, sampleLossInputs } = await import(
      join(ir, "src", "index.ts")
    );
    const { op } = primitives.softSign;
    for (const sample of op.samples) {
      const loss = sampleLoss(op, sample);
      const inputs = sampleLossInputs(op, sample, "new");
      const { x0, weights } = inputs;
      const outputs = evaluate(differentiate(loss, { of: "loss", by: ["x0"] }), inputs, { precision: "f64" });
      const sum = weights.data.reduce((all, w, i) => all + (w * x0.data[i]) / (1 + Math.abs(x0.data[i])), 0);
      expect(outputs.loss.data[0]).toBeCloseTo(sum, 12);
      const gradient = Object.entries(outputs).find(([name]) => name !== "loss")[1].data;
      // The derivative is 1 / (1 + |x|)²; ten digits only leave room for float64 rounding.
      x0.data.forEach((x, i) => expect(gradient[i]).toBeCloseTo(weights.data[i] / (1 + Math.abs(x)) ** 2, 10));
    }
  });

  test("a composite's values and gradient are those of x · sigmoid(x), by its rule and by its decomposition", async () => {
    const { composites, differentiate, evaluate, sampleLoss, sampleLossInputs } = await import(
      join(ir, "src", "index.ts")
    );
    const { op } = composites.siluTwo;
    for (const sample of op.samples) {
      const loss = sampleLoss(op, sample);
      const inputs = sampleLossInputs(op, sample, "new");
      const { x0, weights } = inputs;
      for (const decomposed of [false, true]) {
        const graph = differentiate(loss, { of: "loss", by: ["x0"], decomposed });
        const outputs = evaluate(graph, inputs, { precision: "f64" });
        const sigmoid = (x) => 1 / (1 + Math.exp(-x));
        const sum = weights.data.reduce((all, w, i) => all + w * x0.data[i] * sigmoid(x0.data[i]), 0);
        expect(outputs.loss.data[0]).toBeCloseTo(sum, 12);
        const gradient = Object.entries(outputs).find(([name]) => name !== "loss")[1].data;
        const slope = (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x)));
        x0.data.forEach((x, i) => expect(gradient[i]).toBeCloseTo(weights.data[i] * slope(x), 10));
      }
    }
  });

  test("refuses a name that is taken or invalid", () => {
    expect(() => newOp(ir, "softSign")).toThrow(/already exist/);
    expect(() => newOp(ir, "softmax")).toThrow(/composite/);
    expect(() => newOp(ir, "softSign", "composite")).toThrow(/primitive/);
    expect(() => newOp(ir, "../x")).toThrow(/is not a valid name/);
    expect(() => spellings("typeof")).toThrow(/JavaScript/);
  });

  test("finds the tables that lack the op in tsc's output", () => {
    const place = "backends/onnx/src/lower/primitives.ts";
    const missing = `${place}(9,14): error TS2741: Property 'softSign' is missing in type '{ abs: 1; }' but required.`;
    const other = "packages/x/src/y.ts(1,2): error TS2304: Cannot find name 'z'.";
    expect(missingLowerings(`${missing}\n  abs: 1\n${other}\n`, "soft-sign")).toEqual({
      asked: [`${place}:9`],
      other: [other],
    });
  });
});

describe("its output", { timeout: 120_000 }, () => {
  const run = (command) => {
    try {
      return execFileSync(command[0], command.slice(1), { cwd: scratch, encoding: "utf8", stdio: "pipe" });
    } catch (error) {
      throw new Error(`${error.stdout}${error.stderr}`);
    }
  };

  test("type-checks", () => void run([...tool("typescript", "tsc"), "-p", "."]));

  test("follows the house style", () =>
    void run([
      ...tool("@biomejs/biome"),
      "ci",
      "--colors=off",
      "operators",
      "backends",
      "packages/side-by-side",
      "packages/pop-quiz",
      "packages/ir/src/ops/soft-sign.ts",
    ]));

  test("passes its own tests", () => {
    const config = ["--root", scratch, "--config", join(root, "vitest.config.ts"), "--reporter=json"];
    const report = JSON.parse(run([...tool("vitest"), "run", ...config]));
    expect(report.testResults.map(({ name }) => basename(name)).sort()).toEqual([
      "conformance.test.ts",
      "conformance.test.ts",
      "pop-quiz.test.ts",
      "tail-end.test.ts",
    ]);
    expect(report.numPassedTests).toBeGreaterThan(100);
    expect(report.numFailedTests + report.numPendingTests).toBe(0);
  });
});
