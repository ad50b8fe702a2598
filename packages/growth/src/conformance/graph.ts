// A plan's graph against the host: selections to the bit, arithmetic within the roundings of float32.
import { evaluate, type Graph, type HostTensor, hostTensor } from "@cambium/ir";
import { type ModelSpec, stateNames, type TrainingState } from "@cambium/model";
import { typedMoment } from "../evaluate/moments.js";
import { growState } from "../evaluate/state.js";
import type { Expr } from "../expr/expr.js";
import type { Typed } from "../expr/typed.js";
import { stateGraph } from "../graph/plan-graph.js";
import { checkPlan } from "../plan/check.js";
import { isSelection } from "../plan/moment-rule.js";
import { momentExprs, type OptimizerPolicy } from "../plan/optimizer-policy.js";
import { type GrowthPlan, planTables } from "../plan/plan.js";
import { assertEqual, assertThat } from "./assert.js";
import { testParameters } from "./case.js";
import { roundingError } from "./rounding.js";

type Tensors = Readonly<Record<string, HostTensor>>;

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
 * Grows a state of random numbers on the host and by `stateGraph`: the same tensors, selections (`isSelection`) with the
 * same bits, all else within what float32 arithmetic may do to the expression (`roundingError`).
 * @throws Error naming the first tensor that differs by more.
 */
export async function assertStateGraph(
  plan: GrowthPlan,
  policy: OptimizerPolicy,
  run: RunGraph = onReference,
): Promise<void> {
  const state = testState(plan.base);
  const before = flat(state);
  const expected = flat(await growState(plan, state, { moments: policy, found: "init" }));
  const { graph, leaves } = stateGraph(plan, policy, { given: "init" });
  const inputs = graph.inputs.map(({ name }) => [name, leaves.get(name)?.() ?? (before[name] as HostTensor)]);
  const made = await run(graph, Object.fromEntries(inputs));
  assertEqual(Object.keys(made).toSorted(), Object.keys(expected).toSorted(), "tensors that the graph makes");
  for (const { name, expr, typed, power, source } of expressions(plan, policy)) {
    const [got, wanted] = [made[name] as HostTensor, expected[name] as HostTensor];
    if (isSelection(expr)) {
      assertEqual(got, wanted, `${name} by the graph, against the host`);
      continue;
    }
    const largest = (of: string) =>
      (before[source(of)] as HostTensor<"f32">).data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const bound = roundingError(typed, { largest, power });
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
  /** The name in the state of what the expression calls `name`. */
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
