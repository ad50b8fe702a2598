// Operands: the values that a kernel binds, how it uses them, and the declarations that follow from both.
import { type DType, isFloat, numel, type Value } from "@cambium/ir";

/** A value in memory as a kernel binds it. */
export interface Operand {
  /** The values at this place: several if a result overwrites one of its inputs. */
  readonly values: readonly Value[];
  /** Whether it is declared read_write, because it or another value in the same buffer is written. */
  readonly writable: boolean;
  /**
   * Element counts of the parts it is bound in; there is one part unless the value is beyond the device's binding size.
   */
  readonly parts: readonly number[];
}

/** The kinds of access that a kernel makes to an operand. */
export interface Use {
  load1: boolean;
  load4: boolean;
  store1: boolean;
  store4: boolean;
}

const storageTypes: Readonly<Partial<Record<DType, string>>> = { f32: "f32", i32: "i32", bool: "u32", f16: "f16" };

/** Whether it is declared as an array of vec4: it is read or written by four, and never written element by element. */
export function isByFour({ load4, store1, store4 }: Use, { values, parts }: Operand): boolean {
  const [{ type }] = values as readonly [Value];
  return (load4 || store4) && !store1 && parts.length === 1 && isFloat(type.dtype) && numel(type.shape) % 4 === 0;
}

/** Whether it is f16 in memory. Kernels compute in f32 and convert when they read and write. */
export function isHalf({ values }: Operand): boolean {
  return (values[0] as Value).type.dtype === "f16";
}

export function declareBindings(operands: readonly Operand[], uses: readonly Use[]): string {
  let binding = 0;
  return operands
    .map((operand, at) => {
      const { values, writable, parts } = operand;
      const scalar = storageTypes[(values[0] as Value).type.dtype];
      const type = isByFour(uses[at] as Use, operand) ? `vec4<${scalar}>` : scalar;
      const access = writable ? "read_write" : "read";
      const names = parts.map((_, part) => (parts.length === 1 ? `b${at}` : `b${at}_${part}`));
      const declared = names.map(
        (name) => `@group(0) @binding(${binding++}) var<storage, ${access}> ${name}: array<${type}>;`,
      );
      if (parts.length === 1) return declared.join("\n");
      return [...declared, partsAccess(at, scalar as string, parts, writable)].join("\n");
    })
    .join("\n");
}

/** Functions that read and write an element of a value that is bound in several parts. */
function partsAccess(at: number, type: string, parts: readonly number[], writable: boolean): string {
  const steps = (statement: (name: string, index: string) => string): string => {
    let from = 0;
    return parts
      .map((size, part) => {
        const index = from === 0 ? "i" : `i - ${from}u`;
        from += size;
        const then = statement(`b${at}_${part}`, index);
        return part === parts.length - 1 ? then : `if (i < ${from}u) { ${then} }`;
      })
      .join(" ");
  };
  const read = `fn at${at}(i: u32) -> ${type} { ${steps((name, index) => `return ${name}[${index}];`)} }`;
  if (!writable) return read;
  return `${read}\nfn put${at}(i: u32, x: ${type}) { ${steps((name, index) => `${name}[${index}] = x; return;`)} }`;
}
