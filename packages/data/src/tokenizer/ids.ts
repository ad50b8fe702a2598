// The check of ids that every tokenizer and token file makes.
import { CambiumError } from "@cambium/ir";

/** @throws CambiumError `E_TOKEN_ID` naming the first id that is not an integer in [0, vocabSize), and its place. */
export function checkIds(ids: ArrayLike<number>, vocabSize: number, where: string): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number;
    if (Number.isInteger(id) && id >= 0 && id < vocabSize) continue;
    throw new CambiumError("E_TOKEN_ID", "a token id is outside the vocabulary", {
      where: `${where}, token ${i}`,
      expected: `an integer from 0 to ${vocabSize - 1}`,
      got: String(id),
    });
  }
}
