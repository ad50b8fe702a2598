// cambium generate: text or token ids from a checkpoint or a run.
import { nodeImporter } from "@cambium/backend/node";
import { resolveBackend } from "@cambium/backend";
import { readParameters } from "@cambium/experiment";
import { CambiumError } from "@cambium/ir";
import { generate, parseHfConfig } from "@cambium/model";
import { Command } from "commander";
import { type BackendFlags, backendOptions, realNumber, wholeNumber, withBackendFlags } from "../flags.js";
import { findModel, findTokenizer, openModel } from "../model-source.js";
import { stopOnSignals } from "../signals.js";

interface Flags extends BackendFlags {
  readonly prompt?: string;
  readonly tokens?: string;
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed: string;
  readonly json?: boolean;
}

export function generateCommand(): Command {
  return withBackendFlags(new Command("generate"))
    .description("Continue a prompt with a model.")
    .argument("<model>", "a Hugging Face directory or a run's directory")
    .option("-p, --prompt <text>", "text to continue")
    .option("--tokens <ids>", "token ids to continue, separated by commas, instead of a text")
    .option("-n, --max-new-tokens <n>", "tokens to generate", wholeNumber("--max-new-tokens", 1), 100)
    .option("-t, --temperature <t>", "0 takes the likeliest token each time", realNumber("--temperature"), 0.8)
    .option("--top-k <k>", "draw from the k likeliest tokens", wholeNumber("--top-k", 1))
    .option("--top-p <p>", "draw from the likeliest tokens that add up to p", realNumber("--top-p"))
    .option("-s, --seed <seed>", "the same seed draws the same tokens", "0")
    .option("--json", "print the new tokens, and their text if there is a tokenizer, as JSON")
    .addHelpText(
      "after",
      `
Examples:
  cambium generate runs/quickstart --prompt "The whale "
  cambium generate ./llama --prompt "Once" --max-new-tokens 200 --temperature 0.7 --top-p 0.9
  cambium generate ./llama --tokens 5,17,9 --max-new-tokens 48 --temperature 0 --json`,
    )
    .action(run);
}

async function run(path: string, flags: Flags): Promise<void> {
  const source = await findModel(path);
  await using directory = await openModel(source);
  const { config } = parseHfConfig(directory.configJson);
  const ids = flags.tokens === undefined ? undefined : parseIds(flags.tokens);
  if ((ids === undefined) === (flags.prompt === undefined)) {
    throw new CambiumError("E_OPTION", "one of --prompt and --tokens is needed", { hint: '--prompt "Once upon a time"' });
  }
  const tokenizer = ids === undefined ? await findTokenizer(source, config.vocabSize) : undefined;
  const prompt = ids ?? [...(tokenizer?.bosId === undefined ? [] : [tokenizer.bosId]), ...(tokenizer?.encode(flags.prompt ?? "") ?? [])];
  const { name, options } = backendOptions(flags, "onnx") as { name: string; options: Record<string, string | number | boolean> };
  const backend = await resolveBackend(name, nodeImporter(process.cwd(), import.meta.dirname));
  const parameters = await readParameters(source.path, config);
  const device = await backend.open(options);
  const { signal, release } = stopOnSignals(() => {});
  const streamed: number[] = [];
  let shown = "";
  if (!flags.json && tokenizer) process.stdout.write(flags.prompt ?? "");
  try {
    const { tokens, finish } = await generate(device, config, parameters, {
      prompt,
      maxNewTokens: flags.maxNewTokens,
      temperature: flags.temperature,
      seed: flags.seed,
      signal,
      ...(flags.topK !== undefined && { topK: flags.topK }),
      ...(flags.topP !== undefined && { topP: flags.topP }),
      onToken: (token) => {
        streamed.push(token);
        if (flags.json || !tokenizer) return;
        // A character may be spread over tokens: show only what later tokens cannot change.
        const text = tokenizer.decode(streamed).replace(/\uFFFD+$/, "");
        process.stdout.write(text.slice(shown.length));
        shown = text;
      },
    });
    if (flags.json) console.log(JSON.stringify({ tokens, finish, ...(tokenizer && { text: tokenizer.decode(tokens) }) }));
    else console.log(tokenizer ? "" : tokens.join(","));
  } catch (error) {
    if (!signal.aborted) throw error;
    console.log("");
  } finally {
    release();
    await device.close();
  }
}

function parseIds(text: string): number[] {
  const ids = text.split(",").map((word) => (/^\s*\d+\s*$/.test(word) ? Number(word) : Number.NaN));
  if (ids.every(Number.isSafeInteger)) return ids;
  throw new CambiumError("E_OPTION", "--tokens does not fit", { expected: "token ids separated by commas, such as 5,17,9", got: text });
}
