// cambium generate: generates text or token ids with a checkpoint or a run.
import { readStopTokens } from "@cambium/checkpoint";
import { encodeAs, type Tokenizer } from "@cambium/data";
import { generate, NewText } from "@cambium/inference";
import { CambiumError, Mistakes } from "@cambium/ir";
import { contextLength } from "@cambium/model";
import { readParameters } from "@cambium/run";
import { Command } from "commander";
import { beginning } from "../beginning.js";
import { Exit } from "../failure.js";
import {
  type BackendFlags,
  type FamilyFlags,
  realNumber,
  wholeNumber,
  withBackendFlags,
  withFamilyFlag,
} from "../flags.js";
import type { Host } from "../host.js";
import { stopOnSignals } from "../signals.js";
import { endWithReader } from "../streams.js";
import { print, visible } from "../terminal.js";

interface Flags extends BackendFlags, FamilyFlags {
  readonly prompt?: string;
  readonly tokens?: string;
  readonly maxNewTokens?: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed: string;
  readonly json?: boolean;
}

/** Default for --max-new-tokens, if the context has room for them. */
const defaultNewTokens = 100;

export function generateCommand(host: Host): Command {
  return withFamilyFlag(withBackendFlags(new Command("generate")))
    .argument("<model>", "a Hugging Face directory or a run's directory")
    .option("-p, --prompt <text>", "text to continue")
    .option("--tokens <ids>", "token ids to continue, separated by commas, instead of a text")
    .option(
      "-n, --max-new-tokens <n>",
      `tokens to generate (default: ${defaultNewTokens}, or what the context has room for)`,
      wholeNumber("--max-new-tokens", 1),
    )
    .option("-t, --temperature <t>", "0 always takes the likeliest token", realNumber("--temperature"), 0.8)
    .option("--top-k <k>", "draw from the k likeliest tokens", wholeNumber("--top-k", 1))
    .option("--top-p <p>", "draw from the likeliest tokens that add up to p", realNumber("--top-p", 0, true))
    .option("-s, --seed <seed>", "seed of the draws: the same seed gives the same tokens", "0")
    .option("--json", "print the new tokens, and their text if there is a tokenizer, as JSON")
    .addHelpText(
      "after",
      `
With --json: {"tokens": [5, 17, …], "finish": "stop" or "length", "text": "…"}; "text" only with --prompt.

Examples:
  cambium generate runs/quickstart --prompt "The whale "
  cambium generate ./llama --prompt "Once" --max-new-tokens 200 --temperature 0.7 --top-p 0.9
  cambium generate ./llama --tokens 5,17,9 --max-new-tokens 48 --temperature 0 --json`,
    )
    .action((path: string, flags: Flags) => run(path, flags, host));
}

async function run(path: string, flags: Flags, host: Host): Promise<void> {
  const mistakes = new Mistakes();
  const start = await mistakes.check(() => startOf(flags));
  const text = start !== undefined && start.ids === undefined;
  const { source, model, tokenizer, computing } = await beginning(path, flags, host, mistakes, { text });
  mistakes.throwIfAny();
  if (!start || !source || !model || !computing) throw new Error("a mistake was not reported");

  const prompt = start.ids ?? encode(start.text, tokenizer);
  const stop = await readStopTokens(source.path);
  const parameters = await readParameters(source.path, model);
  const device = await computing.backend.open(computing.chosen.options);
  const { signal, release } = stopOnSignals(() => {});
  endWithReader();
  const made = tokenizer && new NewText(tokenizer, prompt);
  const show = (part: string) => {
    if (!flags.json && made) process.stdout.write(process.stdout.isTTY ? visible(part) : part);
  };
  show(start.text);
  let added = "";
  const add = (part: string) => {
    added += part;
    show(part);
  };
  try {
    const room = Math.max(1, contextLength(model) - prompt.length + 1);
    const { tokens, finish } = await generate(device, model, parameters, {
      prompt,
      maxNewTokens: flags.maxNewTokens ?? Math.min(defaultNewTokens, room),
      temperature: flags.temperature,
      seed: flags.seed,
      signal,
      ...(stop && { stop }),
      ...(flags.topK !== undefined && { topK: flags.topK }),
      ...(flags.topP !== undefined && { topP: flags.topP }),
      onToken: (token) => add(made?.push(token) ?? ""),
    });
    add(made?.end() ?? "");
    if (flags.json) print(JSON.stringify({ tokens, finish, ...(made && { text: added }) }));
    else print(made ? "" : tokens.join(","));
  } catch (error) {
    if (!signal.aborted) throw error;
    show("\n");
    throw new Exit(130);
  } finally {
    release();
    await device.close();
  }
}

/** The text or token ids to continue. @throws CambiumError `E_OPTION` unless exactly one of the two flags is given */
function startOf({ prompt, tokens }: Flags): { readonly text: string; readonly ids?: number[] } {
  if ((tokens === undefined) !== (prompt === undefined)) {
    return tokens === undefined ? { text: prompt ?? "" } : { text: "", ids: parseIds(tokens) };
  }
  const hint = '--prompt "Once upon a time"';
  throw new CambiumError("E_OPTION", "one of --prompt and --tokens is needed, and not both", { hint });
}

function encode(text: string, tokenizer: Tokenizer | undefined): number[] {
  return [...(tokenizer?.prefix ?? []), ...(tokenizer ? encodeAs("--prompt", tokenizer, text) : [])];
}

function parseIds(text: string): number[] {
  const ids = text.split(",").map((word) => (/^\s*\d+\s*$/.test(word) ? Number(word) : Number.NaN));
  if (ids.every(Number.isSafeInteger)) return ids;
  const expected = "token ids separated by commas, such as 5,17,9";
  throw new CambiumError("E_OPTION", "--tokens does not fit", { expected, got: text });
}
