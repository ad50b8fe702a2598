// Mistakes of several kinds, collected before any is reported.
import { CambiumError, type Reason } from "@cambium/ir";

export class Mistakes {
  readonly #errors: CambiumError[] = [];

  /** Returns what `work` returns; undefined if it throws a CambiumError, which is collected. Rethrows others. */
  async check<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.add(error);
      return undefined;
    }
  }

  /** Collects a mistake. @throws `error` itself if it is not a CambiumError */
  add(error: unknown): void {
    if (!(error instanceof CambiumError)) throw error;
    this.#errors.push(error);
  }

  has(code: string): boolean {
    return this.#errors.some((error) => error.code === code);
  }

  /** @throws the only mistake, or `E_GROWTH_MISTAKES` with all of them, each with its own code. */
  throwIfAny(): void {
    const [first, ...others] = this.#errors;
    if (!first) return;
    if (others.length === 0) throw first;
    const reasons = this.#errors.map(reasonOf);
    throw new CambiumError("E_GROWTH_MISTAKES", `there are ${this.#errors.length} mistakes`, { reasons });
  }
}

/** A mistake as a reason among others: its own reasons stay with it. */
export function reasonOf({ code, summary: message, details }: CambiumError): Reason {
  const { cause: _, ...own } = details;
  return { ...own, code, message };
}
