// Mistakes of several kinds, collected before any is reported.
import { CambiumError, type Reason } from "./errors.js";

/** @typeParam At where a mistake is, if its error does not say so itself */
export class Mistakes<At = undefined> {
  protected readonly found: { readonly error: CambiumError; readonly at: At | undefined }[] = [];

  /** Returns what `work` returns; undefined if it throws a CambiumError, which is collected. Rethrows others. */
  async check<T>(work: () => T | Promise<T>, at?: At): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.add(error, at);
      return undefined;
    }
  }

  /** Collects a mistake, once however often it is met. @throws `error` itself if it is not a CambiumError */
  add(error: unknown, at?: At): void {
    if (!(error instanceof CambiumError)) throw error;
    if (this.found.every((other) => !isSame(other.error, error))) this.found.push({ error, at });
  }

  has(code: string): boolean {
    return this.found.some(({ error }) => error.code === code);
  }

  /** @throws the only mistake, or `E_MISTAKES` with all of them, each with its own code. */
  throwIfAny(): void {
    const [first, ...others] = this.found;
    if (!first) return;
    if (others.length === 0) throw first.error;
    const reasons = this.found.map(({ error }) => reasonOf(error));
    throw new CambiumError("E_MISTAKES", `there are ${this.found.length} mistakes`, { reasons });
  }
}

function isSame(one: CambiumError, other: CambiumError): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A mistake as a reason among others: its own reasons stay with it. */
export function reasonOf({ code, summary: message, details }: CambiumError): Reason {
  const { cause: _, ...own } = details;
  return { ...own, code, message };
}
