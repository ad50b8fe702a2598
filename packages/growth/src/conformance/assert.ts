// Assertions of the conformance suite. They use no test runner, so that the suite runs under any.
import { CambiumError } from "@cambium/ir";

/** @throws Error with `message` unless `holds`. */
export function assertThat(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

/**
 * Deep equality of plain data and typed arrays, bit for bit (−0 is not 0, NaN is NaN). @throws Error naming where they
 * differ.
 */
export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  const path = differsAt(actual, expected);
  if (path === null) return;
  const at = path === "" ? "" : ` at ${path}`;
  const [got, wanted] = [actual, expected].map((value) => shown(path === "" ? value : follow(value, path)));
  throw new Error(`${what}: differs${at}: expected ${wanted}, got ${got}`);
}

/** The code of the CambiumError that `work` throws; null if it returns. Other errors pass through. */
export function codeOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof CambiumError) return error.code;
    throw error;
  }
}

/** `value`, frozen with everything in it: writing to it throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}

/** Where two values first differ, as keys joined by `/`; null if they are equal. */
function differsAt(a: unknown, b: unknown): string | null {
  if (Object.is(a, b)) return null;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return "";
  const keys = Object.keys(a);
  if (a.constructor !== b.constructor || keys.length !== Object.keys(b).length) return "";
  for (const key of keys) {
    if (!Object.hasOwn(b, key)) return key;
    const inner = differsAt((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]);
    if (inner !== null) return inner === "" ? key : `${key}/${inner}`;
  }
  return null;
}

function follow(value: unknown, path: string): unknown {
  return path.split("/").reduce((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 200);
}
