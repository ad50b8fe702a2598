// A plan as an IR graph: base tensors in, target tensors out. It runs on any device and can be differentiated.
import { f32, type Graph, GraphBuilder, type HostTensor, hostTensor, numel, type Tensor } from "@cambium/ir";
import { type ParameterSpec, stateNames } from "@cambium/model";
import { drawing, drawingKey } from "../evaluate/drawing.js";
import { typedMoment } from "../evaluate/moments.js";
import type { Expr } from "../expr/expr.js";
import type { Typed, TypedNormal } from "../expr/typed.js";
import { checkPlan } from "../plan/check.js";
import { isSelection } from "../plan/moment-rule.js";
import { momentExprs, type OptimizerPolicy } from "../plan/optimizer-policy.js";
import { type GrowthPlan, type PlanTables, planTables } from "../plan/plan.js";
import { exprTensor } from "./expr.js";

/**
 * Values of the random leaves, which are inputs of the graph: the numbers of the host, made when they are asked for.
 */
export type Leaves = ReadonlyMap<string, () => HostTensor<"f32">>;

export interface PlanGraph {
  readonly graph: Graph;
  readonly leaves: Leaves;
  /** Names of the outputs that `exactOnly` left out, because they are computed. */
  readonly computed: readonly string[];
}

export interface PlanGraphOptions {
  /**
   * `inputs`: each `given` tensor is an input (`givenName`). `init`: the graph computes the start of its search
   * instead. Default `inputs`.
   */
  readonly given?: "inputs" | "init";
  /**
   * Make only selections of base tensors, zeros, constants and noise, which are exact on every device. Default false.
   */
  readonly exactOnly?: boolean;
  /** Target tensors to make; default all. */
  readonly only?: ReadonlySet<string>;
  readonly tables?: PlanTables;
}

/** Name of the input that holds a `given` tensor. */
export function givenName(name: string): string {
  return `given:${name}`;
}

/**
 * Inputs: the base tensors that are read, f32, by name; `given:NAME` for `given` tensors; `normal:…` for random leaves
 * (`leaves`). Outputs: the target tensors, f32, by name.
 * @throws CambiumError `E_GROWTH_PLAN` if the plan is inconsistent.
 */
export function planGraph(plan: GrowthPlan, options: PlanGraphOptions = {}): PlanGraph {
  const { tables = planTables(plan), only } = options;
  const parts = new GraphParts(byName(tables.base), options);
  for (const { name, expr, typed } of checkPlan(plan, tables)) {
    if (!only || only.has(name)) parts.make(name, expr, () => parts.tensor(typed, (source) => source, 1));
  }
  return parts.finish();
}

/**
 * The growth of a whole training state, moments included, under the names of `stateNames`. An output that is its own
 * input unchanged replaces it, so that a device leaves it in place.
 * @throws CambiumError as `planGraph`; `E_GROWTH_MOMENTS` as `momentExprs`.
 */
export function stateGraph(plan: GrowthPlan, policy: OptimizerPolicy, options: PlanGraphOptions = {}): PlanGraph {
  const { tables = planTables(plan) } = options;
  const [base, target] = [byName(tables.base), byName(tables.target)];
  const parts = new GraphParts(base, options);
  for (const { name, expr, typed } of checkPlan(plan, tables))
    parts.make(name, expr, () => parts.tensor(typed, (source) => source, 1), { inPlace: true });
  for (const [name, expr] of momentExprs(plan, policy, tables)) {
    const typed = typedMoment(target.get(name) as ParameterSpec, expr, base);
    for (const [rename, power] of [[stateNames.m, 1] as const, [stateNames.v, 2] as const])
      parts.make(rename(name), expr, () => parts.tensor(typed, rename, power), { inPlace: true });
  }
  return parts.finish();
}

class GraphParts {
  readonly #builder = new GraphBuilder();
  readonly #inputs = new Map<string, Tensor>();
  readonly #leaves = new Map<string, () => HostTensor<"f32">>();
  readonly #computed: string[] = [];

  constructor(
    private readonly base: ReadonlyMap<string, ParameterSpec>,
    private readonly options: PlanGraphOptions,
  ) {}

  /** Adds output `name`, made by `make`; with `exactOnly`, an expression that computes is listed instead. */
  make(name: string, expr: Expr, make: () => Tensor, { inPlace = false } = {}): void {
    if (this.options.exactOnly && !isSelection(expr)) {
      this.#computed.push(name);
      return;
    }
    const tensor = this.#builder.scope(name, make);
    const stays = inPlace && this.#inputs.get(name) === tensor;
    this.#builder.output(name, tensor, stays ? { replaces: name } : {});
  }

  tensor(typed: Typed, rename: (source: string) => string, power: 1 | 2): Tensor {
    return exprTensor(typed, {
      builder: this.#builder,
      power,
      source: (name) => this.#input(rename(name), (this.base.get(name) as ParameterSpec).shape),
      normal: (leaf) => this.#normal(leaf),
      given: ({ name, start, shape }, scope) =>
        this.options.given === "init" ? exprTensor(start, scope) : this.#input(givenName(name), shape),
    });
  }

  finish(): PlanGraph {
    return { graph: this.#builder.finish(), leaves: this.#leaves, computed: this.#computed };
  }

  /** Declares an input when it is first asked for, so that tensors which nothing reads are not inputs. */
  #input(name: string, shape: readonly number[]): Tensor {
    const tensor = this.#inputs.get(name) ?? this.#builder.input(name, f32(...shape));
    this.#inputs.set(name, tensor);
    return tensor;
  }

  #normal(typed: TypedNormal): Tensor {
    const name = `normal:${drawingKey(typed)}`;
    this.#leaves.set(name, () => {
      const numbers = new Float64Array(numel(typed.shape));
      drawing(typed)(numbers, 0);
      return hostTensor("f32", typed.shape, Float32Array.from(numbers));
    });
    return this.#input(name, typed.shape);
  }
}

function byName(table: readonly ParameterSpec[]): ReadonlyMap<string, ParameterSpec> {
  return new Map(table.map((spec) => [spec.name, spec]));
}
