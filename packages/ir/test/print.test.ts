// The text form of graphs and of errors.
import { expect, test } from "vitest";
import { add, CambiumError, f32, hostTensor, i32, iota, matmul, printGraph, rmsNorm, transpose } from "../src/index.js";
import { graphOf } from "./support.js";

test("a graph prints one line a node", () => {
  const graph = graphOf((b) => {
    const [x, w] = [b.input("x", f32(2, 3)), b.input("w", f32(4, 3))];
    const y = b.scope("mlp", () => matmul(x, w, { transB: true }));
    const table = b.constant(hostTensor("f32", [2, 5], [0, 1, 2, 3, 4, 5, 6, 7, 0.1, 9]));
    b.output("y", add(y, 0.5));
    b.output("turned", transpose(table, { permutation: [1, 0] }));
    b.output("counted", iota(b, { shape: [3], axis: 0 }));
    b.output("x", rmsNorm(x, b.input("scale", f32(3)), { eps: 1e-5 })[0], { replaces: "x" });
    b.input("unread", i32());
  });
  expect(printGraph(graph)).toMatchInlineSnapshot(`
    "%0: f32[2,3] = input "x"
    %1: f32[4,3] = input "w"
    %8: f32[3] = input "scale"
    %11: i32[] = input "unread"
    # mlp
    %2: f32[2,4] = matmul(%0, %1) {transA=false, transB=true}
    #
    %3: f32[2,5] = constant() {value=f32[2,5](0 1 2 3 4 5 6 7 …)}
    %4: f32[] = constant() {value=f32[](0.5)}
    %5: f32[2,4] = add(%2, %4)
    %6: f32[5,2] = transpose(%3) {permutation=[1,0]}
    %7: i32[3] = iota() {shape=[3], axis=0}
    %9: f32[2,3], %10: f32[2,1] = rmsNorm(%0, %8) {eps=0.00001}
    output "y" = %5
    output "turned" = %6
    output "counted" = %7
    output "x" = %9 replaces "x"
    "
  `);
});

test("an error formats on one screen with all its reasons, and as data", () => {
  const error = new CambiumError("E_CONFIG", "the configuration is not usable", {
    where: "config.json",
    reasons: [
      { where: "heads", message: "must divide hidden", expected: "a divisor of 72", got: "5" },
      { message: "unknown key", hint: 'did you mean "layers"?' },
    ],
    cause: new Error("below"),
  });
  expect(error.format()).toMatchInlineSnapshot(`
    "E_CONFIG: the configuration is not usable
      at: config.json
      - heads: must divide hidden
          expected: a divisor of 72
          got: 5
      - unknown key
          try: did you mean "layers"?"
  `);
  expect(error.cause).toEqual(new Error("below"));
  expect(JSON.parse(JSON.stringify(error))).toMatchObject({
    code: "E_CONFIG",
    where: "config.json",
    reasons: [{ got: "5" }, {}],
  });
  expect(JSON.stringify(error)).not.toContain("below");
});
