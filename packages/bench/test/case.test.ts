// One case in processes: turns, parity, failures, and a third-party backend given by path.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { measureCase, type Pace } from "../src/node/case.js";
import { backendContestant } from "../src/node/contestants.js";
import { gemm } from "../src/suites/gemm.js";
import { step } from "../src/suites/step.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-bench-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pace: Pace = { rounds: 2, turnSeconds: 0.01, warmupSeconds: 0.05, mostSeconds: 1, fewestRounds: 2, processes: 1 };
const options = { pace, meter: null, onTurn: () => {} };

/** The reference backend with a wrong first element in every output, and a profile that tells what ran a kernel. */
const slightlyWrong = `
import { referenceBackend } from ${JSON.stringify(new URL("../../backend/dist/index.js", import.meta.url).href)};
export default { ...referenceBackend, name: "wrong", async open(options) {
  const device = await referenceBackend.open(options);
  const compile = device.compile.bind(device);
  device.compile = async (graph) => {
    const executable = await compile(graph);
    const run = executable.run.bind(executable);
    executable.profile = async () => [["cpu", 3], ["gpu", 1], [undefined, 5], ["cpu", 2]]
      .map(([provider, count]) => ({ op: "any", provider, count, seconds: 0 }));
    executable.run = async (inputs, asked) => {
      const { outputs, fetched } = await run(inputs, asked);
      return { outputs, fetched: fetched.then((all) => { for (const { data } of Object.values(all)) data[0] += 1; return all; }) };
    };
    return executable;
  };
  return device;
} };
`;

test("contestants take turns, and one with a wrong result does not count", { timeout: 60_000 }, async () => {
  const path = join(folder, "wrong.mjs");
  writeFileSync(path, slightlyWrong);
  writeFileSync(
    join(folder, "f32.mjs"),
    slightlyWrong.replace("return device;", 'return { ...device, info: { ...device.info, computes: ["f32"] } };'),
  );
  const names = ["reference", "./wrong.mjs", "reference:nonsense=1", "./f32.mjs@bf16"];
  const order: string[] = [];
  const outcomes = await measureCase(
    gemm,
    { name: "small", size: { m: 24, n: 8, k: 16 } },
    names.map((name) => backendContestant(name, folder)),
    { ...options, onTurn: (name) => order.push(name) },
  );
  const [reference, wrong, refused, half] = outcomes;
  expect(reference?.row).toMatchObject({
    suite: "gemm",
    backend: "reference",
    unit: "GFLOPS",
    parity: { agrees: true },
  });
  expect(reference?.row?.work.flops).toBe(2 * 24 * 8 * 16);
  expect(reference?.row?.turns).toHaveLength(2);
  expect(wrong?.row?.parity).toMatchObject({ agrees: false });
  expect([reference?.row?.engaged.providers, wrong?.row?.engaged.providers]).toEqual([null, { cpu: 5, gpu: 1 }]);
  expect(refused?.error).toMatchObject({ code: "E_BACKEND_OPTION" });
  expect(half?.error).toMatchObject({ code: "E_UNSUPPORTED" });
  // Prepared one after the other, then A B A B.
  expect(order).toEqual([...names, names[0], names[1], names[0], names[1]]);
});

test("a contestant's turns are shared out to processes", { timeout: 60_000 }, async () => {
  const [outcome] = await measureCase(
    gemm,
    { name: "small", size: { m: 24, n: 8, k: 16 } },
    [backendContestant("reference", folder)],
    { ...options, pace: { ...pace, rounds: 5, fewestRounds: 5, processes: 2 } },
  );
  expect(outcome?.row).toMatchObject({ processes: [3, 2], parity: { agrees: true } });
  expect(outcome?.row?.turns).toHaveLength(5);
  expect(outcome?.row?.processor).toHaveLength(5);
  expect(outcome?.row?.processor?.every((seconds) => seconds > 0)).toBe(true);
});

test("a training step counts tokens and agrees with the reference", { timeout: 60_000 }, async () => {
  const size = { layers: 1, hidden: 8, intermediate: 16, heads: 2, kvHeads: 2, vocab: 16, batch: 1, context: 8 };
  const contestants = [backendContestant("reference", folder)];
  const [outcome] = await measureCase(step, { name: "tiny", size }, contestants, options);
  const row = outcome?.row;
  expect(row).toMatchObject({ unit: "tokens/s", work: { tokens: 8 }, parity: { agrees: true } });
  expect(row?.engaged.decomposed).toContain("causalAttention");
  expect(row?.samples).toHaveLength(row?.turns.reduce((a, b) => a + b, 0) as number);
  expect(row?.memory.resident).toBeGreaterThan(2e7);
});
