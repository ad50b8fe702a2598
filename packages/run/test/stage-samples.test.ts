// Prompts that a tokenizer refuses are found before anything is trained, all at once.
import { bytesTokenizer } from "@cambium/data";
import { CambiumError } from "@cambium/ir";
import { expect, test } from "vitest";
import { checkPrompts } from "../src/stage-samples.js";

const tokenizer = {
  ...bytesTokenizer(),
  encode(text: string): Int32Array {
    if (!text.includes("é")) return bytesTokenizer().encode(text);
    throw new CambiumError("E_TOKENIZER_UNKNOWN", "no token", { where: "tokenizer.json" });
  },
};

test("prompts that the tokenizer refuses are named by their place in the recipe", async () => {
  const prompts = ["café", "tea", "purée"];
  await expect(checkPrompts({ prompts, tokens: 5 }, tokenizer)).rejects.toMatchObject({
    code: "E_MISTAKES",
    details: {
      reasons: [
        { code: "E_TOKENIZER_UNKNOWN", where: "samples.prompts[0], with tokenizer.json" },
        { where: "samples.prompts[2], with tokenizer.json" },
      ],
    },
  });
  await expect(checkPrompts({ prompts: ["purée"], tokens: 5 }, tokenizer)).rejects.toMatchObject({
    code: "E_TOKENIZER_UNKNOWN",
    details: { where: "samples.prompts[0], with tokenizer.json" },
  });
  await checkPrompts({ prompts: ["tea"], tokens: 5 }, tokenizer);
  await checkPrompts({ prompts, tokens: 0 }, tokenizer);
});
