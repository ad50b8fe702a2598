// Code: WGSL statements under construction. Values that stand in no memory are expanded into expressions where they are used.
import type { DType, Node, Value } from "@cambium/ir";
import type { InlineLowering } from "../compile/kernel.js";
import type { FunctionName } from "./functions.js";
import type { Index } from "./index-map.js";

/** How a kernel finds the values its expressions use. */
export interface ValueSource {
  /** The node and lowering that make a value which is stored from an expression. */
  maker(value: Value): { readonly node: Node; readonly lowering: InlineLowering } | undefined;
  /** The node and lowering of a value that is an expression; undefined for one that stands in memory. */
  expression(value: Value): { readonly node: Node; readonly lowering: InlineLowering } | undefined;
  /** WGSL that reads an element of a value in memory. */
  load(value: Value, flat: string): string;
}

export class Code {
  readonly #source: ValueSource;
  readonly #lines: string[] = [];
  readonly #known = new Map<string, string>();
  readonly #names: { next: number };
  readonly #functions: Set<FunctionName>;

  /** @param functions collects what the code uses of `functions.ts` */
  constructor(source: ValueSource, functions: Set<FunctionName>, names = { next: 0 }) {
    this.#source = source;
    this.#functions = functions;
    this.#names = names;
  }

  /** A block inside this one: what is known here is known there, names stay distinct. */
  block(): Code {
    const inner = new Code(this.#source, this.#functions, this.#names);
    for (const [key, name] of this.#known) inner.#known.set(key, name);
    return inner;
  }

  use(name: FunctionName): void {
    this.#functions.add(name);
  }

  line(statement: string): void {
    this.#lines.push(statement);
  }

  /** Names an expression, unless it is a name or a literal already. Equal expressions share a name. */
  define(expression: string): string {
    if (/^[\w.-]+$/.test(expression)) return expression;
    const known = this.#known.get(expression);
    if (known !== undefined) return known;
    const name = `t${this.#names.next++}`;
    this.#lines.push(`let ${name} = ${expression};`);
    this.#known.set(expression, name);
    return name;
  }

  /** Says that `value` at `at` is `expression`. */
  bind(value: Value, at: Index, expression: string): void {
    this.#known.set(place(value, at), expression);
  }

  /** The element of `value` at `at`: loaded, or computed here. */
  eval(value: Value, at: Index): string {
    const key = place(value, at);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const expression = this.#source.expression(value);
    const name = this.define(
      expression
        ? expression.lowering.element(expression.node, at, this)
        : fromMemory(value.type.dtype, this.#source.load(value, at.flat(this))),
    );
    this.#known.set(key, name);
    return name;
  }

  /** The element of `value` at `at`, computed here although the value is one that goes to memory. */
  compute(value: Value, at: Index): string {
    const made = this.#source.maker(value);
    if (!made) throw new Error(`value ${value.id} is no expression`);
    const name = this.define(made.lowering.element(made.node, at, this));
    this.#known.set(place(value, at), name);
    return name;
  }

  toString(): string {
    return this.#lines.join("\n");
  }
}

function place(value: Value, at: Index): string {
  return `${value.id}@${at.key}`;
}

/** Bools lie in memory as u32. */
function fromMemory(dtype: DType, loaded: string): string {
  return dtype === "bool" ? `${loaded} != 0u` : loaded;
}

/** What is stored for a value computed in a kernel. */
export function toMemory(dtype: DType, computed: string): string {
  return dtype === "bool" ? `select(0u, 1u, ${computed})` : computed;
}
