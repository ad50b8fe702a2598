// The one shape of Cambium's errors: a code, what was expected, what was given, where, and what to try.
import { isBranded } from "./brand.js";
import { append } from "./lists.js";

const brand: unique symbol = Symbol.for("@cambium/ir CambiumError");

/** The most lines that reasons may take, so that an error fits on one screen. */
const mostLines = 20;

/** How many of one reason's own reasons are shown, so that there is room for the others. */
const mostInner = 2;

/** One of the reasons that a check found; a check reports all of them at once. */
export interface Reason {
  /** Where: a recipe position (`file:line:column`), a tensor, a path, an op input. */
  readonly where?: string;
  readonly message: string;
  readonly expected?: string;
  readonly got?: string;
  /** What the user can do about it. */
  readonly hint?: string;
  /** The code that this reason would have as an error of its own, where one check reports mistakes of several kinds. */
  readonly code?: string;
  /** This reason's own reasons, if it has any. */
  readonly reasons?: readonly Reason[];
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
  /** What went wrong, in one sentence. `message` adds the reasons, for callers that print nothing else of an error. */
  readonly summary: string;
  readonly details: ErrorDetails;

  constructor(code: string, summary: string, details: ErrorDetails = {}) {
    const message = [summary, ...listed(details.reasons ?? [])].join("\n");
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.summary = summary;
    this.details = details;
  }

  static override [Symbol.hasInstance](value: unknown): value is CambiumError {
    return isBranded(value, brand);
  }

  get [brand](): true {
    return true;
  }

  /** The error as text for a person: one screen, no stack, at most `most` reasons. */
  format(most = Number.POSITIVE_INFINITY): string {
    const { reasons, ...own } = this.details;
    const head = [`${this.code}: ${this.summary}`, ...labelled(own, "  ")];
    return [...head, ...listed(reasons ?? [], most, "; --json shows all")].join("\n");
  }

  /** The error as data, for `--json`. */
  toJSON(): Record<string, unknown> {
    const { cause: _, ...rest } = this.details;
    return { code: this.code, message: this.summary, ...rest };
  }
}

/** As many reasons as fit a screen, `most` at most, and how many are left out. */
function listed(reasons: readonly Reason[], most = Number.POSITIVE_INFINITY, elsewhere = "", indent = "  "): string[] {
  const lines: string[] = [];
  for (const [i, reason] of reasons.entries()) {
    const { code, where, message } = reason;
    const next = [
      `${indent}- ${[code, where, message].filter((part) => part !== undefined).join(": ")}`,
      ...labelled({ ...reason, where: undefined }, `${indent}    `),
      ...listed(reason.reasons ?? [], mostInner, "", `${indent}    `),
    ];
    if (i >= most || (i > 0 && lines.length + next.length > mostLines))
      return [...lines, `${indent}… and ${reasons.length - i} more${elsewhere}`];
    append(lines, next);
  }
  return lines;
}

type Labelled = { [K in keyof Omit<Reason, "message" | "code" | "reasons">]?: string | undefined };

function labelled(reason: Labelled, indent: string): string[] {
  const rows: [string, string | undefined][] = [
    ["at", reason.where],
    ["expected", reason.expected],
    ["got", reason.got],
    ["try", reason.hint],
  ];
  return rows.flatMap(([label, text]) => (text === undefined ? [] : [`${indent}${label}: ${text}`]));
}
