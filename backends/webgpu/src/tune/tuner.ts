// The tuner: times the variants of each product of a graph once on this device, and remembers the fastest.
import { type Graph, GraphBuilder, matmul, type Node, reduceSum, type Value } from "@cambium/ir";
import { type Product, productOf } from "../kernels/matmul/product.js";
import { productKey, variantName, variants } from "../kernels/matmul/variants.js";
import type { Choose } from "../lower/lowering.js";
import type { DeviceTraits } from "../lower/traits.js";
import type { TextStore } from "./store.js";

export interface TunerOptions {
  /** Names everything that the measurements depend on: the adapter, the kernels' version. */
  readonly device: string;
  readonly traits: DeviceTraits;
  readonly store: TextStore;
  /** Seconds of a run of `graph` compiled with `choose`; the inputs may hold anything. */
  time(graph: Graph, choose: Choose): Promise<number>;
}

/** A variant replaces the default only if it is faster by more than the noise of measurements. */
const leastGain = 0.05;

export class Tuner {
  readonly #options: TunerOptions;
  readonly #name: string;
  readonly #choices: Map<string, string>;

  constructor(options: TunerOptions) {
    this.#options = options;
    this.#name = `${options.device}-${options.traits.kind}`.replace(/[^\w.-]+/g, "-").toLowerCase();
    this.#choices = parse(options.store.read(this.#name));
  }

  /** The fastest variant found for a product, for `LowerContext.choose`. */
  readonly choose: Choose = (key) => this.#choices.get(key);

  /** Measures the products of `graph` that have not been measured yet. */
  async tune(graph: Graph): Promise<void> {
    let learned = false;
    for (const node of graph.nodes) {
      if (!matmul.is(node)) continue;
      const product = productOf(node);
      const key = productKey(product);
      if (this.#choices.has(key)) continue;
      this.#choices.set(key, await this.#fastest(node, product, key));
      learned = true;
    }
    if (learned) this.#options.store.write(this.#name, JSON.stringify(Object.fromEntries(this.#choices)));
  }

  async #fastest(node: Node, product: Product, key: string): Promise<string> {
    const { traits, time } = this.#options;
    const [usual, ...others] = variants(product, traits).map(variantName) as [string, ...string[]];
    if (others.length === 0) return usual;
    const alone = graphOf(node);
    const seconds = (name: string) => time(alone, (asked) => (asked === key ? name : undefined));
    let best = { name: usual, seconds: (await seconds(usual)) * (1 - leastGain) };
    for (const name of others) {
      const taken = await seconds(name);
      if (taken < best.seconds) best = { name, seconds: taken };
    }
    return best.name;
  }
}

/** The product by itself; only the sum of its results leaves the device. */
function graphOf(node: Node): Graph {
  const builder = new GraphBuilder();
  const [a, b] = node.inputs as readonly [Value, Value];
  const out = matmul(builder.input("a", a.type), builder.input("b", b.type), matmul.attrsOf(node));
  builder.output("sum", reduceSum(out, { axes: out.shape.map((_, axis) => axis) }));
  return builder.finish();
}

/** The choices that an earlier process wrote; none if the text is something else. */
function parse(text: string | undefined): Map<string, string> {
  try {
    const known = Object.entries(JSON.parse(text ?? "{}") as Record<string, unknown>);
    return new Map(known.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  } catch {
    return new Map();
  }
}
