// A program under construction: instructions over numbered slots, appended by lowerings. Equal instructions are shared.
import { type HostData, numel, type Shape } from "@cambium/ir";
import type { Engine } from "../engines/engine.js";
import type { KernelInputs, TensorInfo, TfDType, TfTensor } from "../tfjs.js";

/** A value of the program. */
export interface Ref {
  readonly slot: number;
  readonly shape: Shape;
  readonly dtype: TfDType;
}

export type RefType = Omit<Ref, "slot">;

/** What the slots hold during a run. */
export type Values = (TensorInfo | undefined)[];

/** What an instruction may ask of the run that it is part of. */
export interface RunContext {
  /**
   * The slot's tensor, if the run owns it, its memory is its own and nothing reads it afterwards: it then belongs to the
   * caller, who may overwrite its data. Null otherwise.
   */
  take(slot: number): TfTensor | null;
}

export interface Instruction {
  /** Op type for profiles. */
  readonly op: string;
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** Whether what it writes may lie in the memory of what it reads. */
  readonly passesOn?: boolean;
  /** Fills the slots in `writes` with tensors that the run owns, unless a slot is a view. */
  run(values: Values, context: RunContext): void | Promise<void>;
}

/** The op of a node and its inputs. */
export interface Origin {
  readonly op: string;
  readonly inputs: readonly Ref[];
}

export interface Constant {
  readonly slot: number;
  readonly type: RefType;
  readonly data: HostData;
}

export class Program {
  readonly types: RefType[] = [];
  readonly instructions: Instruction[] = [];
  readonly constants: Constant[] = [];
  /** For a slot that is a view of another slot's data under another shape: that other slot. */
  readonly viewOf = new Map<number, number>();
  readonly #origins = new Map<number, Origin>();
  readonly #known = new Map<string, readonly Ref[]>();

  constructor(readonly engine: Engine) {}

  /** Notes which node of the graph made a value, so that lowerings of gradients can reuse values of the forward pass. */
  note(results: readonly Ref[], origin: Origin): void {
    for (const { slot } of results) this.#origins.set(slot, origin);
  }

  origin({ slot }: Ref): Origin | undefined {
    return this.#origins.get(slot);
  }

  /** A slot that is filled from outside. */
  slot(type: RefType): Ref {
    return { slot: this.types.push(type) - 1, ...type };
  }

  /** A tensor that is uploaded once and lives as long as the executable. */
  constant(data: HostData, shape: Shape, dtype: TfDType): Ref {
    const key = data.length <= 64 ? `constant ${dtype}[${shape}] ${Array.from(data, sign)}` : undefined;
    return this.#once(key, () => {
      const ref = this.slot({ shape, dtype });
      this.constants.push({ slot: ref.slot, type: ref, data });
      return [ref];
    })[0] as Ref;
  }

  scalar(value: number, dtype: TfDType = "float32"): Ref {
    return this.constant(dtype === "float32" ? Float32Array.of(value) : Int32Array.of(value), [], dtype);
  }

  integers(values: readonly number[]): Ref {
    return this.constant(Int32Array.from(values), [values.length], "int32");
  }

  /** The same data under another shape, without a kernel. Only for engines whose kernels read the shape they are given. */
  view(x: Ref, shape: Shape): Ref {
    return this.#once(`view ${x.slot} [${shape}]`, () => {
      const source = this.viewOf.get(x.slot) ?? x.slot;
      const ref = this.slot({ shape, dtype: x.dtype });
      this.viewOf.set(ref.slot, source);
      const [own, dtype] = [[...shape], x.dtype];
      this.instructions.push({
        op: "view",
        reads: [source],
        writes: [ref.slot],
        passesOn: true,
        run: (values) => {
          values[ref.slot] = { dataId: (values[source] as TensorInfo).dataId, shape: own, dtype };
        },
      });
      return [ref];
    })[0] as Ref;
  }

  /** One tfjs kernel with one output. */
  kernel(name: string, inputs: Readonly<Record<string, Ref>> | readonly Ref[], attrs: object, type: RefType): Ref {
    const refs = Object.values(inputs) as Ref[];
    const names = Array.isArray(inputs) ? undefined : Object.keys(inputs);
    const slots = refs.map(({ slot }) => slot);
    const engine = this.engine.tf.engine();
    return this.append(name, refs, attrs, [type], ([out]) => (values) => {
      let given: KernelInputs;
      if (names) {
        const named: Record<string, TensorInfo> = {};
        for (let i = 0; i < names.length; i++) named[names[i] as string] = values[slots[i] as number] as TensorInfo;
        given = named;
      } else given = slots.map((slot) => values[slot] as TensorInfo);
      values[out as number] = engine.runKernel(name, given, attrs) as TfTensor;
    })[0] as Ref;
  }

  /**
   * An instruction of any kind. `make` gets the slots to fill and returns the function that fills them.
   * @param passesOn see `Instruction`
   */
  append(
    op: string,
    inputs: readonly Ref[],
    attrs: object,
    types: readonly RefType[],
    make: (writes: readonly number[]) => Instruction["run"],
    passesOn = false,
  ): readonly Ref[] {
    const reads = inputs.map(({ slot }) => slot);
    return this.#once(
      `${op}(${reads}) ${JSON.stringify(attrs)} ${types.map(({ dtype, shape }) => `${dtype}[${shape}]`)}`,
      () => {
        const outputs = types.map((type) => this.slot({ shape: type.shape, dtype: type.dtype }));
        const writes = outputs.map(({ slot }) => slot);
        this.instructions.push({ op, reads, writes, passesOn, run: make(writes) });
        return outputs;
      },
    );
  }

  #once(key: string | undefined, make: () => readonly Ref[]): readonly Ref[] {
    const known = key === undefined ? undefined : this.#known.get(key);
    const refs = known ?? make();
    if (key !== undefined) this.#known.set(key, refs);
    return refs;
  }
}

/** Bytes of a tensor as the engine holds it. */
export function heldBytes({ shape, dtype }: RefType): number {
  return numel(shape) * (dtype === "bool" ? 1 : dtype === "bfloat16" ? 2 : 4);
}

/** Distinguishes −0 from 0, which would otherwise share a key. */
function sign(x: number): string {
  return Object.is(x, -0) ? "-0" : String(x);
}
