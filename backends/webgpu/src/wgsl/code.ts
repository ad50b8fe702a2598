// Code: WGSL statements under construction. Values that are not in memory are expanded into expressions where they are
// used.
import type { DType, Node, Value } from "@cambium/ir";
import type { FunctionName } from "./functions.js";
import type { Definer, Index } from "./index-map.js";

/** A node whose output is an expression, and how that expression is written (`InlineLowering`). */
export interface Inline {
  readonly node: Node;
  readonly lowering: { element(node: Node, at: Index, code: Code): string };
}

/** How a kernel finds the values that its expressions use. */
export interface ValueSource {
  /** What computes a value that is an expression or is stored from one. */
  maker(value: Value): Inline | undefined;
  /** What computes a value that is an expression; undefined for a value in memory. */
  expression(value: Value): Inline | undefined;
  /** WGSL that reads an element of a value in memory. */
  load(value: Value, flat: string): string;
}

export class Code implements Definer {
  readonly #source: ValueSource;
  readonly #lines: string[] = [];
  readonly #known = new Map<string, string>();
  readonly #names: { next: number };
  readonly #functions: Set<FunctionName>;

  /** @param functions collects the functions of `functions.ts` that the code uses */
  constructor(source: ValueSource, functions: Set<FunctionName>, names = { next: 0 }) {
    this.#source = source;
    this.#functions = functions;
    this.#names = names;
  }

  /** A block inside this one. It knows every name that is known here, and its own names are distinct. */
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

  /** Names an expression unless it is a name or a literal already. Equal expressions share a name. */
  define(expression: string): string {
    if (/^[\w.-]+$/.test(expression)) return expression;
    const known = this.#known.get(expression);
    if (known !== undefined) return known;
    const name = `t${this.#names.next++}`;
    this.#lines.push(`let ${name} = ${expression};`);
    this.#known.set(expression, name);
    return name;
  }

  /** From here on the element of `value` at `at` is written as `expression`. */
  bind(value: Value, at: Index, expression: string): void {
    this.#known.set(place(value, at), expression);
  }

  /** The element of `value` at `at`, loaded or computed here. */
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

  /** The element of `value` at `at`, computed here even if the value is stored in memory. */
  compute(value: Value, at: Index): string {
    const made = this.#source.maker(value);
    if (!made) throw new Error(`value ${value.id} is not an expression`);
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

/** Bools are u32 in memory. */
function fromMemory(dtype: DType, loaded: string): string {
  return dtype === "bool" ? `${loaded} != 0u` : loaded;
}

/** What a kernel stores for a value that it computed. */
export function toMemory(dtype: DType, computed: string): string {
  return dtype === "bool" ? `select(0u, 1u, ${computed})` : computed;
}
