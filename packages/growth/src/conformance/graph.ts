// A plan's graph compared with the host: selections bit for bit, arithmetic within the rounding of float32.
import { evaluate, type Graph, type HostTensor, hostTensor, numel, Random } from "@cambium/ir";
import { type ModelSpec, stateNames, type TrainingState } from "@cambium/model";
import { typedMoment } from "../evaluate/moments.js";
import { growState } from "../evaluate/state.js";
import type { Expr } from "../expr/expr.js";
import type { Typed } from "../expr/typed.js";
import { givenOf } from "../expr/walk.js";
import { givenName, stateGraph } from "../graph/plan-graph.js";
import { checkPlan } from "../plan/check.js";
import { isSelection } from "../plan/moment-rule.js";
import { momentExprs, type OptimizerPolicy } from "../plan/optimizer-policy.js";
import { type GrowthPlan, planTables } from "../plan/plan.js";
import { assertEqual, assertThat } from "./assert.js";
import { testParameters } from "./case.js";
import { roundingError } from "./rounding.js";

type Tensors = Readonly<Record<string, HostTensor>>;
type Found = ReadonlyMap<string, HostTensor>;

/** Runs a graph in float32: on the reference evaluator, or on a device. */
export type RunGraph = (graph: Graph, inputs: Tensors) => Promise<Tensors> | Tensors;

const onReference: RunGraph = (graph, inputs) =>
  Object.fromEntries(
    Object.entries(evaluate(graph, inputs, { precision: "f32" })).map(([name, { type, data }]) => [
      name,
      hostTensor("f32", type.shape, Float32Array.from(data)),
    ]),
  );

/**
 * Grows a state of random numbers on the host and by `stateGraph`, and compares all tensors: selections (`isSelection`)
 * bit for bit, others within the rounding of float32 arithmetic (`roundingError`). A plan with `given` tensors is grown
 * twice: with the starts of their searches, and with random numbers as what was found.
 * @throws Error naming the first tensor that differs by more.
 */
export async function assertStateGraph(
  plan: GrowthPlan,
  policy: OptimizerPolicy,
  run: RunGraph = onReference,
): Promise<void> {
  await assertGrown(plan, policy, run, undefined);
  const found = testFound(plan);
  if (found.size > 0) await assertGrown(plan, policy, run, found);
}

/** @param found f32 tensors by the plan's names; undefined to use the starts of the searches. */
async function assertGrown(plan: GrowthPlan, policy: OptimizerPolicy, run: RunGraph, found: Found | undefined) {
  const state = testState(plan.base);
  const before = flat(state);
  const expected = flat(await growState(plan, state, { moments: policy, found: found ?? "init" }));
  const { graph, leaves } = stateGraph(plan, policy, { given: found ? "inputs" : "init" });
  const given = new Map(Array.from(found ?? [], ([name, tensor]) => [givenName(name), tensor]));
  const inputs = graph.inputs.map(({ name }) => [name, leaves.get(name)?.() ?? given.get(name) ?? before[name]]);
  const made = await run(graph, Object.fromEntries(inputs));
  assertEqual(Object.keys(made).toSorted(), Object.keys(expected).toSorted(), "tensors that the graph makes");
  for (const { name, expr, typed, power, source } of expressions(plan, policy)) {
    const [got, wanted] = [made[name] as HostTensor, expected[name] as HostTensor];
    if (isSelection(expr)) {
      assertEqual(got, wanted, `${name} by the graph, against the host`);
      continue;
    }
    const largest = (of: string) => largestIn(before[source(of)] as HostTensor);
    const largestFound = (of: string) => found && largestIn(found.get(of) as HostTensor);
    const bound = roundingError(typed, { largest, largestFound, power });
    assertEqual(got.shape, wanted.shape, `shape of ${name} by the graph`);
    wanted.data.forEach((x, i) => {
      const apart = Math.abs(x - (got.data[i] as number));
      assertThat(apart <= bound, `${name} by the graph is ${apart} off at ${i}; float32 allows ${bound}`);
    });
  }
}

interface Made {
  readonly name: string;
  readonly expr: Expr;
  readonly typed: Typed;
  readonly power: 1 | 2;
  /** The name in the state of the tensor that the expression calls `name`. */
  readonly source: (name: string) => string;
}

function expressions(plan: GrowthPlan, policy: OptimizerPolicy): Made[] {
  const tables = planTables(plan);
  const base = new Map(tables.base.map((spec) => [spec.name, spec]));
  const exprs = momentExprs(plan, policy, tables);
  const moments = tables.target.flatMap((spec): Made[] => {
    const expr = exprs.get(spec.name);
    if (!expr) return [];
    const typed = typedMoment(spec, expr, base);
    return [
      { name: stateNames.m(spec.name), expr, typed, power: 1, source: stateNames.m },
      { name: stateNames.v(spec.name), expr, typed, power: 2, source: stateNames.v },
    ];
  });
  const values = checkPlan(plan).map((checked): Made => ({ ...checked, power: 1, source: (name) => name }));
  return [...values, ...moments];
}

function largestIn({ data }: HostTensor): number {
  let largest = 0;
  for (const x of data) largest = Math.max(largest, Math.abs(x));
  return largest;
}

/** Random numbers for every `given` tensor. */
function testFound({ tensors }: GrowthPlan): Found {
  return new Map(
    givenOf(tensors).map(({ name, shape }) => {
      const numbers = new Float64Array(numel(shape));
      new Random(`conformance/found/${name}`).noise(numbers, 0, 0.3);
      return [name, hostTensor("f32", shape, Float32Array.from(numbers))];
    }),
  );
}

function testState(model: ModelSpec): TrainingState {
  const [parameters, m, roots] = ["w", "m", "v"].map((seed) => testParameters(model, seed)) as [
    Record<string, HostTensor<"f32">>,
    Record<string, HostTensor<"f32">>,
    Record<string, HostTensor<"f32">>,
  ];
  const v = Object.entries(roots).map(([name, root]) => [name, { ...root, data: root.data.map((x) => x * x) }]);
  return { updates: 17, parameters, m, v: Object.fromEntries(v) };
}

function flat({ parameters, m, v }: TrainingState): Tensors {
  const named = (tensors: Tensors, rename: (name: string) => string) =>
    Object.entries(tensors).map(([name, tensor]) => [rename(name), tensor] as const);
  return Object.fromEntries([
    ...named(parameters, (name) => name),
    ...named(m, stateNames.m),
    ...named(v, stateNames.v),
  ]);
}
