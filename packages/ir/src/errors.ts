// The one error shape of Cambium: a code, what was expected, what came, where, and what to try.

/** Lines of reasons that fit a screen beside the rest. */
const mostLines = 20;

/** One reason among several that a check found; a check reports all of them at once. */
export interface Reason {
  /** Where: a recipe position (`file:line:column`), a tensor, a path, an op input. */
  readonly where?: string;
  readonly message: string;
  readonly expected?: string;
  readonly got?: string;
  /** What the user can do about it. */
  readonly hint?: string;
  /** The code that this reason would have alone, where a check gathers mistakes of several kinds. */
  readonly code?: string;
}

export interface ErrorDetails extends Omit<Reason, "message" | "code"> {
  /** Several reasons found by one check. */
  readonly reasons?: readonly Reason[];
  readonly cause?: unknown;
}

/**
 * An error a user can act on. `code` is stable and documented (e.g. `E_SHAPE`, `E_SAFETENSORS_HEADER`);
 * anything that is not a `CambiumError` is a defect of Cambium and is shown with its stack.
 */
export class CambiumError extends Error {
  override readonly name = "CambiumError";
  readonly code: string;
  readonly details: ErrorDetails;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  /** The error as a person reads it: one screen, no stack. At most `most` reasons. */
  format(most = Number.POSITIVE_INFINITY): string {
    const { reasons, ...own } = this.details;
    const lines = [`${this.code}: ${this.message}`, ...reasonLines(own, "  ")];
    const all = (reasons ?? []).map((reason) => [
      `  - ${[reason.code, reason.where, reason.message].filter((part) => part !== undefined).join(": ")}`,
      ...reasonLines({ ...reason, where: undefined }, "      "),
    ]);
    const shown = all.slice(0, most).filter((_, i) => i === 0 || all.slice(0, i + 1).flat().length <= mostLines);
    lines.push(...shown.flat());
    if (shown.length < all.length) lines.push(`  … and ${all.length - shown.length} more; --json shows all`);
    return lines.join("\n");
  }

  /** The same as data, for `--json`. */
  toJSON(): Record<string, unknown> {
    const { cause: _, ...rest } = this.details;
    return { code: this.code, message: this.message, ...rest };
  }
}

type Labelled = { [K in keyof Omit<Reason, "message" | "code">]?: string | undefined };

function reasonLines(reason: Labelled, indent: string): string[] {
  const rows: [string, string | undefined][] = [
    ["at", reason.where],
    ["expected", reason.expected],
    ["got", reason.got],
    ["try", reason.hint],
  ];
  return rows.flatMap(([label, text]) => (text === undefined ? [] : [`${indent}${label}: ${text}`]));
}
