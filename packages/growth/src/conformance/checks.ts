// The checks of the conformance suite on one growth. Each is a function that throws if the operator fails it.
import type { HostTensor } from "@cambium/ir";
import { familyResolver, isTied, type ModelSpec, modelSizes, parameterTable, sizesAlong } from "@cambium/model";
import { applyPlan } from "../evaluate/apply.js";
import { growMoments } from "../evaluate/moments.js";
import { givenOf, sourcesOf } from "../expr/walk.js";
import { connectionRate, layerMap } from "../layer-map.js";
import { deadTensors } from "../measure/liveness.js";
import { growExactly, randomWeights } from "../measure/logits.js";
import type { Operator } from "../operator/operator.js";
import { composePlans } from "../plan/compose.js";
import { parsePlan, planJson } from "../plan/json.js";
import { planNeeds } from "../plan/needs.js";
import { type OptimizerPolicy, optimizerPolicies } from "../plan/optimizer-policy.js";
import type { GrowthPlan } from "../plan/plan.js";
import { assertEqual, assertThat, codeOf, deepFreeze } from "./assert.js";
import { baseModel, type ListCase, type OperatorCase, placesLayers, testParameters } from "./case.js";
import { assertFunction, exactly } from "./function.js";
import { gradientRuleError } from "./gradient-rules.js";
import { assertStateGraph } from "./graph.js";
import { turnedSuffix } from "./turned-names.js";

type Check = (operator: Operator, one: OperatorCase) => void | Promise<void>;
type Tensors = Record<string, HostTensor>;

/** The checks by the names of their tests. */
export const checks: Readonly<Record<string, Check>> = {
  "makes every tensor of the target, in its shape": async (operator, one) => {
    const plan = planOf(operator, one);
    const made = await grow(plan);
    assertEqual(
      Object.keys(made),
      parameterTable(plan.target).map(({ name }) => name),
      "tensors of the target",
    );
    for (const { name, shape } of parameterTable(plan.target)) {
      assertEqual(made[name]?.shape, shape, `shape of ${name}`);
      assertThat((made[name] as HostTensor).data.every(Number.isFinite), `${name} holds a number that is not finite`);
    }
    const count = Object.values(made).reduce((total, { data }) => total + data.length, 0);
    assertEqual(count, parametersByFormula(plan.target) ?? count, "number of parameters");
  },

  "loses no tensor of the base": (operator, one) => {
    const plan = planOf(operator, one);
    const sources = new Set(Object.values(plan.tensors).flatMap(sourcesOf));
    for (const { name } of parameterTable(plan.base)) {
      const read = sources.has(name);
      assertThat(
        read !== plan.dropped.includes(name),
        `${name} is ${read ? "read and dropped" : "neither read nor dropped"}`,
      );
    }
  },

  "is a pure function": async (operator, one) => {
    const plan = planOf(operator, one);
    const again = operator.plan(deepFreeze(baseModel(one.base)), deepFreeze(structuredClone(one.options)));
    assertEqual(again, plan, "a second plan from the same arguments");
    assertEqual(await grow(again), await grow(plan), "tensors made by the second plan");
  },

  "survives JSON": async (operator, one) => {
    const plan = planOf(operator, one);
    const families = familyResolver([plan.base.family, plan.target.family]);
    const back = parsePlan(JSON.parse(JSON.stringify(planJson(plan))), families);
    assertEqual(back, plan, "the plan read back");
    assertEqual(await grow(back), await grow(plan), "tensors made by the plan read back");
  },

  "has the expected layer map and connection rate": async (operator, one) => {
    const plan = planOf(operator, one);
    const map = assertList(plan, one);
    if (placesLayers(plan)) {
      await assertCopies(plan, map);
      // A width operator may also be the identity, but has no number of layers to choose.
      if (map.length > modelSizes(plan.base).layers) assertIdentity(operator, one);
    }
  },

  "trains what its author expects": (operator, one) => {
    const { target, phase } = planOf(operator, one);
    if (!one.trains) return;
    const frozen = parameterTable(target).filter((spec) => !one.trains?.(spec));
    assertEqual([...phase.frozen].sort(), frozen.map(({ name }) => name).sort(), "frozen tensors");
  },

  "preserves the function as it claims": (operator, one) => assertFunction(planOf(operator, one)),

  "leaves no parameter dead except those it names": async (operator, one) => {
    const plan = planOf(operator, one);
    const made = await growExactly(plan, randomWeights(plan.base, "alive"));
    const declared = new Set(plan.claims.deadParams);
    const dead = deadTensors(plan, made);
    const unnamed = dead.filter((name) => !declared.has(name));
    assertThat(
      unnamed.length === 0,
      `tensors with a slice that never gets a gradient, not named in \`deadParams\`: ${unnamed.join(", ")}`,
    );
    const alive = [...declared].filter((name) => !dead.includes(name));
    assertThat(alive.length === 0, `tensors named in \`deadParams\` that do train: ${alive.join(", ")}`);
  },

  "grows the optimizer's moments, or says that it cannot": async (operator, one) => {
    const plan = planOf(operator, one);
    for (const policy of ["reset", "zero-new"] as const) await assertMoments(plan, policy);
    const code = codeOf(() => growMoments(plan, momentsOf(plan.base), "carry"));
    assertThat(code === null || code === "E_GROWTH_MOMENTS", `carrying moments throws ${code}`);
    if (code === null) for (const policy of ["carry", "pad"] as const) await assertMoments(plan, policy);
    if (!one.gradients) return;
    const off = await gradientRuleError(plan, randomWeights(plan.base, "moments"));
    assertThat(off <= 1e-12, `gradients are off what the moment rules say by ${off} of their size`);
  },

  "makes the same tensors as a graph": async (operator, one) => {
    const plan = planOf(operator, one);
    const kept = codeOf(() => growMoments(plan, momentsOf(plan.base), "carry")) === null;
    for (const policy of optimizerPolicies) {
      if (kept || policy === "reset" || policy === "zero-new") await assertStateGraph(plan, policy);
    }
  },

  "composes with itself": async (operator, one) => {
    const first = planOf(operator, one);
    if (planNeeds(first).some((need) => need !== "given")) return;
    if (codeOf(() => operator.plan(first.target, one.options)) !== null) return;
    const second = operator.plan(first.target, one.options);
    if (givenOf(second.tensors).some(({ by }) => by.kind === "measure")) {
      assertEqual(
        codeOf(() => composePlans(first, second)),
        "E_GROWTH_NEEDS",
        "a second plan that measures its base",
      );
      return;
    }
    const base = exactly(testParameters(first.base, "w"));
    const [atOnce, inTwo] = [composePlans(first, second), await growExactly(first, base)];
    assertEqual(await growExactly(atOnce, base), await growExactly(second, inTwo), "the composed growth, against both");
  },
};

export function planOf(operator: Operator, { base, options }: ListCase): GrowthPlan {
  return operator.plan(baseModel(base), options);
}

/** The plan's layer map, once it and its connection rate are as they should be, and as expected. */
export function assertList(
  plan: GrowthPlan,
  { layers, connectionRate: expected }: ListCase,
): readonly (number | null)[] {
  const map = layerMap(plan);
  assertEqual(map.length, modelSizes(plan.target).layers, "length of the layer map");
  let connected = 0;
  for (let t = 0; t + 1 < map.length; t++) if (map[t] !== null && map[t + 1] === (map[t] as number) + 1) connected++;
  const { numerator, denominator, value } = connectionRate(map);
  assertEqual([numerator, denominator], [connected, map.length - 1], "R_c by its definition");
  assertThat(value >= 0 && value <= 1, `R_c is ${value}`);
  if (layers) assertEqual(map, layers, "layer map");
  if (expected) assertEqual([numerator, denominator], expected, "R_c");
  return map;
}

async function grow(plan: GrowthPlan): Promise<Tensors> {
  const base = testParameters(plan.base, "w");
  const made: Tensors = {};
  const source = { get: (name: string) => base[name] };
  for await (const [name, tensor] of applyPlan(plan, source, { found: "init" })) made[name] = tensor;
  return made;
}

/** The number of parameters by closed formulas, embeddings included; undefined for a family without one here. */
function parametersByFormula(model: ModelSpec): number | undefined {
  const axes = ["layers", "hidden", "heads", "kvHeads", "headDim", "intermediate", "vocab"] as const;
  const { layers, hidden: d, heads, kvHeads, headDim: e, intermediate, vocab } = sizesAlong(model, axes);
  const others: Readonly<Record<string, number>> = {
    llama: 0,
    mistral: 0,
    qwen2: (heads + 2 * kvHeads) * e,
    qwen3: 2 * e,
  };
  const other = others[model.family.name.replace(turnedSuffix, "")];
  if (other === undefined) return undefined;
  const layer = other + 2 * d * heads * e + 2 * d * kvHeads * e + 3 * d * intermediate + 2 * d;
  return layers * layer + d + (isTied(model) ? 1 : 2) * vocab * d;
}

/** Asserts that every tensor of target layer t is, bit for bit, that of base layer `map[t]`, or zero. */
async function assertCopies(plan: GrowthPlan, map: readonly (number | null)[]): Promise<void> {
  const base = testParameters(plan.base, "w");
  const made = await grow(plan);
  for (const { name, layer, part } of parameterTable(plan.target)) {
    const from = parameterTable(plan.base).find((spec) => spec.part === part && spec.layer === map[layer ?? -1]);
    const source = layer === undefined ? name : (from?.name ?? "");
    const tensor = made[name] as HostTensor;
    if (!tensor.data.every((x) => x === 0)) assertEqual(tensor, base[source], `${name}, against ${source}`);
  }
}

/** Asserts that growth to the base's own number of layers, if it can be asked for, is the identity or is refused. */
function assertIdentity(operator: Operator, one: OperatorCase): void {
  const base = baseModel(one.base);
  const { shape = {} } = operator.options as { readonly shape?: object };
  if (!Object.hasOwn(shape, "layers")) return;
  const { factor: _, ...rest } = { ...one.options, layers: modelSizes(base).layers } as Record<string, unknown>;
  const code = codeOf(() => operator.plan(base, rest));
  if (code !== null) {
    assertEqual(code, "E_GROWTH_LAYERS", "code of refusing the base's number of layers");
    return;
  }
  const plan = operator.plan(base, rest);
  for (const [name, expr] of Object.entries(plan.tensors))
    assertEqual(expr, { kind: "copy", source: name }, `${name}, grown to the base's number of layers`);
  assertEqual(plan.claims.functionPreserving, "exact", "claim of growth to the base's number of layers");
}

function momentsOf(model: ModelSpec) {
  const [m, w] = [testParameters(model, "m"), testParameters(model, "v")];
  const squared = (name: string) => ({
    ...(w[name] as HostTensor<"f32">),
    data: (w[name] as HostTensor<"f32">).data.map((x) => x * x),
  });
  return { updates: 17, m: { get: (name: string) => m[name] }, v: { get: squared } };
}

async function assertMoments(plan: GrowthPlan, policy: OptimizerPolicy): Promise<void> {
  const grown = growMoments(plan, momentsOf(plan.base), policy);
  assertEqual(grown.updates, policy === "reset" ? 0 : 17, `updates after "${policy}"`);
  const trained = parameterTable(plan.target).filter(({ name }) => !plan.phase.frozen.includes(name));
  const names: string[] = [];
  for await (const [name, { m, v }] of grown.tensors) {
    names.push(name);
    const shape = trained.find((spec) => spec.name === name)?.shape;
    assertEqual(
      [m.shape, v.shape, m.dtype, v.dtype],
      [shape, shape, "f32", "f32"],
      `moments of ${name} after "${policy}"`,
    );
    assertThat(
      v.data.every((x) => x >= 0),
      `v of ${name} is negative after "${policy}"`,
    );
    if (policy === "reset")
      assertThat(
        [...m.data, ...v.data].every((x) => x === 0),
        `moments of ${name} are not reset`,
      );
  }
  assertEqual(
    names,
    trained.map(({ name }) => name),
    `tensors with moments after "${policy}"`,
  );
}
