// The reasons found by one check, limited so that a hostile file cannot flood the screen or the memory.
import { CambiumError, type ErrorDetails, type Reason } from "@cambium/ir";

/** The number of reasons that are kept and shown; the others are only counted. */
export const SHOWN_REASONS = 20;

/** Collects every reason a check finds; keeps the first 20 and counts the rest. */
export class ReasonList {
  readonly #shown: Reason[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(reason: Reason): void {
    this.#count++;
    if (this.#shown.length < SHOWN_REASONS) this.#shown.push(reason);
  }

  /** Adds the reasons of another check's error, or the error itself as one reason. Rethrows other errors. */
  addError(error: unknown): void {
    if (!(error instanceof CambiumError)) throw error;
    const { reasons, cause: _, ...own } = error.details;
    const place = own.where === undefined ? {} : { where: own.where };
    if (reasons === undefined) this.add({ ...own, message: error.summary });
    for (const reason of reasons ?? []) this.add({ ...place, ...reason });
  }

  list(): Reason[] {
    const hidden = this.#count - this.#shown.length;
    return hidden === 0 ? [...this.#shown] : [...this.#shown, { message: `and ${hidden} more` }];
  }

  /** @throws CambiumError `code` with the reasons, if there are any. */
  throwIfAny(code: string, message: string, details: ErrorDetails = {}): void {
    if (this.#count > 0) throw new CambiumError(code, message, { ...details, reasons: this.list() });
  }
}

/** A name or value from a file in a form that is safe to show: quoted, escaped, at most 80 characters. */
export function quote(value: unknown): string {
  const text = JSON.stringify(typeof value === "string" ? value.slice(0, 100) : value) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}
