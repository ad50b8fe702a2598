// What growth compiles to, without a GPU: copies need no kernel, gathers bind few buffers, and layers share
// modules.
import { copy, type GrowthPlan, scale, stateGraph, sum, take } from "@cambium/growth";
import { llama, modelSpec } from "@cambium/model";
import stack from "@cambium/operator-stack";
import { expect, test } from "vitest";
import { compileProgram, type Dispatch } from "../../src/compile/program.js";
import { traitsOf } from "../shared/traits.js";

const [hidden, intermediate] = [64, 160];
const modelOf = (layers: number) =>
  modelSpec(llama, { vocab: 512, hidden, intermediate, layers, heads: 4, contextLength: 32 });

function compile(plan: GrowthPlan, policy: "carry" | "reset") {
  const { graph } = stateGraph(plan, policy);
  const traits = traitsOf("gpu");
  return { graph, program: compileProgram(graph, { traits, alignment: 256, maxBufferBytes: 2 ** 28, verify: true }) };
}

test("layers copied with their moments are copied directly from their memory: no kernel, no arena", () => {
  const { graph, program } = compile(stack.plan(modelOf(8), { factor: 4 }), "carry");
  expect(graph.outputs.length).toBeGreaterThan(3 * 32 * 9);
  expect(program.dispatches).toEqual([]);
  expect(program.layout.arena).toEqual([]);
  expect(new Set(program.outputs.map(({ placement }) => placement.kind))).toEqual(new Set(["input"]));
});

test("moments that begin at zero are made once for each shape", () => {
  const shapes = new Set(
    compile(stack.plan(modelOf(2), { factor: 2 }), "reset").graph.outputs.map(({ value }) => value.type.shape.join()),
  );
  const { dispatches } = compile(stack.plan(modelOf(8), { factor: 4 }), "reset").program;
  expect(dispatches.length).toBeLessThanOrEqual(shapes.size);
});

/** Every up projection gathered along both dimensions with factors, and added to the next layer's. */
function gathered(layers: number): GrowthPlan {
  const plan = stack.plan(modelOf(layers), { factor: 1 });
  const scattered = (size: number) => Array.from({ length: size }, (_, i) => (7 * i + 3) % size);
  const name = (layer: number) => `model.layers.${layer}.mlp.up_proj.weight`;
  const tensors = { ...plan.tensors };
  for (let layer = 0; layer < layers; layer++) {
    const rows = take(copy(name(layer)), 0, scattered(intermediate));
    const columns = take(
      rows,
      "hidden",
      scattered(hidden),
      Array.from({ length: hidden }, (_, i) => 1 / (1 + (i % 3))),
    );
    tensors[name(layer)] = sum([columns, scale(copy(name((layer + 1) % layers)), 0.5)]);
  }
  return { ...plan, tensors };
}

test("gathers with factors bind few buffers, and their modules do not grow with depth", () => {
  const of = (layers: number) => {
    const { dispatches } = compile(gathered(layers), "reset").program;
    const ones = dispatches.filter((dispatch): dispatch is Dispatch => dispatch.kind === "one");
    return {
      dispatches: dispatches.length,
      modules: new Set(ones.map(({ wgsl }) => wgsl)).size,
      bindings: Math.max(...ones.map(({ bindings }) => bindings.length)),
    };
  };
  const [shallow, deep] = [of(4), of(12)];
  expect(deep.bindings).toBeLessThanOrEqual(8);
  expect(deep.modules).toBeLessThanOrEqual(shallow.modules);
  expect(deep.dispatches - shallow.dispatches).toBeLessThanOrEqual(8);
});
