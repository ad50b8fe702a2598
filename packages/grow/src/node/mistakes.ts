// Mistakes of several kinds, gathered before any of them is told.
import { CambiumError, type Reason } from "@cambium/ir";

/** Reasons of one mistake that are shown before the other mistakes have had their turn. */
const FIRST = 2;

export class Mistakes {
  readonly #errors: CambiumError[] = [];

  /** What `work` gives; undefined when it made a mistake, which is noted. @throws what is no CambiumError */
  async check<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.add(error);
      return undefined;
    }
  }

  /** Notes a mistake. @throws `error` itself when it is no CambiumError */
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
    const lists = this.#errors.map(reasonsOf);
    const reasons = [...lists.flatMap((list) => list.slice(0, FIRST)), ...lists.flatMap((list) => list.slice(FIRST))];
    throw new CambiumError("E_GROWTH_MISTAKES", `there are ${this.#errors.length} mistakes`, { reasons });
  }
}

function reasonsOf({ code, summary: message, details }: CambiumError): Reason[] {
  const { reasons, cause: _, ...own } = details;
  if (reasons === undefined || reasons.length === 0) return [{ ...own, code, message }];
  const place = own.where === undefined ? {} : { where: own.where };
  const hint = own.hint === undefined ? {} : { hint: own.hint };
  return reasons.map((reason) => ({ ...place, ...hint, code, ...reason, message: `${message}: ${reason.message}` }));
}
