// Encodes a text that has a name, so that a text that a tokenizer refuses can be found.
import { CambiumError } from "@cambium/ir";
import type { Tokenizer } from "./tokenizer.js";

/**
 * The ids of a text.
 * @param name of the text, for people
 * @param start where the text begins in its document
 * @throws CambiumError of the tokenizer, which names the text first
 */
export function encodeAs(name: string, tokenizer: Tokenizer, text: string, start?: number): Int32Array {
  try {
    return tokenizer.encode(text, start);
  } catch (error) {
    throw error instanceof CambiumError ? ofText(name, error) : error;
  }
}

/** The tokenizer's error about a text, which names the text first. */
export function ofText(name: string, { code, summary, details }: CambiumError): CambiumError {
  const { where } = details;
  return new CambiumError(code, summary, { ...details, where: where === undefined ? name : `${name}, with ${where}` });
}
