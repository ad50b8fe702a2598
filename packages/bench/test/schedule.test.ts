// The schedule: which cases, who takes part, and how their durations relate.
import { expect, test } from "vitest";
import { backendContestant, fileContestant } from "../src/node/contestants.js";
import { scheduleOf, weightOf } from "../src/node/schedule.js";
import { train } from "../src/suites/step.js";

const onnx = backendContestant("onnx", ".");
const wanted = { contestants: [onnx], files: fileContestant("."), quick: false };

test("a word chooses cases, the peaks come all the same, and a word that fits none is refused", () => {
  const names = scheduleOf({ ...wanted, suites: ["ops"], cases: ["transpose", "gather"] }, []).map(
    ({ one }) => one.name,
  );
  expect(names).toEqual(["2048x1024x1024", "8M", "transpose", "gather"]);
  expect(() => scheduleOf({ ...wanted, cases: ["nonsense"] }, [])).toThrow(
    expect.objectContaining({ code: "E_OPTION" }),
  );
});

test("suites that no contestant takes are refused; growing on disk needs none", () => {
  const suites = ["gemm", "step"];
  expect(() => scheduleOf({ ...wanted, contestants: [], suites }, [])).toThrow(
    expect.objectContaining({ code: "E_OPTION", details: expect.objectContaining({ got: "gemm, step by none" }) }),
  );
  const scheduled = scheduleOf({ ...wanted, contestants: [], suites: ["grow"] }, []);
  expect(scheduled.map(({ able }) => able.length)).toEqual([0, 0, 1]);
});

test("files are measured by Cambium itself, and only f32 where a suite has no precision", () => {
  const contestants = [onnx, backendContestant("onnx@bf16", ".")];
  const schedule = scheduleOf({ ...wanted, contestants, suites: ["grow", "ops", "step"] }, []);
  const able = (suite: string) => schedule.find((one) => one.suite.name === suite)?.able.map(({ name }) => name);
  expect([able("grow"), able("ops"), able("step")]).toEqual([["cambium"], ["onnx"], ["onnx", "onnx@bf16"]]);
});

test("the last of the train suite's cases weighs more than its share of the count", () => {
  const weights = train.cases(false).map(({ size }) => weightOf(size));
  expect(weights).toEqual([...weights].sort((a, b) => a - b));
  // Measured on two cores: 5 s for the first, about 20 s for the last.
  expect((weights.at(-1) as number) / (weights[0] as number)).toBeGreaterThan(3);
  expect(weightOf({ rows: 2048, columns: 512 })).toBe(1);
});
