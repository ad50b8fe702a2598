// Checks that every backend makes before it calls a driver: of its options and of its device's limits.
import {
  byteLength,
  CambiumError,
  type DType,
  formatType,
  type Graph,
  type Reason,
  type TensorType,
} from "@cambium/ir";
import { closest } from "@cambium/plugin";
import type { BackendOptions, DeviceInfo } from "./contract.js";

/** The allowed values of an option: those of a type, a list of words, or numbers from a bound upwards. */
type OptionKind = "string" | "number" | "boolean" | readonly string[] | NumberOption;

interface NumberOption {
  /** The smallest value allowed. */
  readonly least: number;
  /** Only integers are allowed. Default: any number. */
  readonly integer?: boolean;
}

/**
 * Checks `given` against the options that a backend knows.
 * @throws CambiumError `E_BACKEND_OPTION` naming every option that is unknown or has an invalid value.
 */
export function checkOptions(
  backend: string,
  given: BackendOptions,
  known: Readonly<Record<string, OptionKind>>,
): void {
  const names = Object.keys(known);
  const reasons = Object.entries(given).flatMap(([where, value]): Reason[] => {
    const kind = Object.hasOwn(known, where) ? known[where] : undefined;
    if (kind === undefined) {
      const expected = names.length > 0 ? names.join(", ") : "no options";
      return [{ where, message: "is not an option of this backend", expected, ...suggestion(where, names) }];
    }
    if (isWords(kind)) {
      if (kind.includes(String(value))) return [];
      const [expected, got] = [kind.join(", "), String(value)];
      return [{ where, message: "is not one of the choices", expected, got, ...suggestion(got, kind) }];
    }
    const type = typeof kind === "string" ? kind : "number";
    if (typeof value !== type)
      return [{ where, message: "has the wrong type", expected: type, got: `${typeof value} ${value}` }];
    if (typeof kind === "string") return [];
    const { least, integer = false } = kind;
    if ((value as number) >= least && (!integer || Number.isInteger(value))) return [];
    const expected = `${integer ? "an integer, " : ""}at least ${least}`;
    return [{ where, message: "is out of range", expected, got: String(value) }];
  });
  if (reasons.length > 0)
    throw new CambiumError("E_BACKEND_OPTION", `backend "${backend}" cannot take these options`, { reasons });
}

function isWords(kind: OptionKind): kind is readonly string[] {
  return Array.isArray(kind);
}

function suggestion(word: string, names: readonly string[]): Pick<Reason, "hint"> {
  const near = closest(word, names);
  return near === undefined ? {} : { hint: `did you mean "${near}"?` };
}

/**
 * Checks every value of `graph` against the device's dtypes and its limit on the size of a tensor.
 * @throws CambiumError `E_UNSUPPORTED` naming each dtype that the device does not accept, with its first value; else
 * `E_LIMIT` naming each tensor that is too large, its size and the limit.
 */
export function checkLimits(graph: Graph, info: DeviceInfo): void {
  const { maxTensorBytes } = info.limits;
  const foreign = new Map<DType, { readonly where: string; readonly first: TensorType; count: number }>();
  const large: Reason[] = [];
  const look = (type: TensorType, where: string) => {
    if (!info.accepts.includes(type.dtype)) {
      const known = foreign.get(type.dtype);
      if (known) known.count += 1;
      else foreign.set(type.dtype, { where, first: type, count: 1 });
    } else if (byteLength(type) > maxTensorBytes) {
      large.push({
        where,
        message: `${formatType(type)} is too large`,
        expected: `at most ${maxTensorBytes} bytes`,
        got: `${byteLength(type)} bytes`,
      });
    }
  };
  for (const { name, value } of graph.inputs) look(value.type, `input "${name}"`);
  for (const { op, outputs, scope } of graph.nodes) {
    for (const { type } of outputs) look(type, scope === undefined ? op.name : `${op.name} in ${scope}`);
  }
  const device = `${info.backend} (${info.device})`;
  const unsupported = [...foreign].map(([dtype, { where, first, count }]) => ({
    where,
    message: `this device does not accept ${dtype}`,
    expected: info.accepts.join(", "),
    got: `${formatType(first)}${count === 1 ? "" : ` and ${count - 1} more`}`,
  }));
  if (unsupported.length > 0)
    throw new CambiumError("E_UNSUPPORTED", `${device} cannot compute this graph`, { reasons: unsupported });
  if (large.length > 0)
    throw new CambiumError("E_LIMIT", `the graph exceeds the limits of ${device}`, { reasons: large });
}
