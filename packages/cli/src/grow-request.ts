// The flags with which grow and preview name an operator and its options. Every mistake in them is reported.

import { type Operator, operatorPlugin } from "@cambium/growth";
import type { Mistakes } from "@cambium/ir";
import { resolvePlugin } from "@cambium/plugin";
import type { Command } from "commander";
import { keyValues, realNumber, repeated, wholeNumber } from "./flags.js";
import type { Host } from "./host.js";

export interface OperatorFlags {
  /** Default `stack`. */
  readonly operator?: string;
  readonly factor?: string;
  readonly layers?: string;
  readonly set?: readonly string[];
}

/** Adds `--operator`, `--factor`, `--layers` and `--set`. {@link operatorRequest} parses their values. */
export function withOperatorFlags(command: Command): Command {
  return command
    .option("--operator <name>", "a growth operator: stack, another installed one, a package or a path", "stack")
    .option("--factor <g>", "layers after / layers before")
    .option("--layers <n>", "layers after, instead of a factor")
    .option("--set <option=value>", "another option of the operator; may be repeated", repeated);
}

/** The operator, undefined if it was not found, and its options as far as they could be parsed. */
export async function operatorRequest(
  flags: OperatorFlags,
  host: Host,
  mistakes: Mistakes,
): Promise<{ operator: Operator | undefined; options: Record<string, unknown> }> {
  const { operator: name = "stack" } = flags;
  const found = await mistakes.check(() => resolvePlugin(operatorPlugin, name, host.importer(process.cwd())));
  const { factor, layers, set = [] } = flags;
  const options = {
    ...(await mistakes.check(() => keyValues(set, "--set"))),
    ...(factor !== undefined && (await mistakes.check(() => ({ factor: realNumber("--factor", 1)(factor) })))),
    ...(layers !== undefined && (await mistakes.check(() => ({ layers: wholeNumber("--layers", 1)(layers) })))),
  };
  return { operator: found?.plugin, options };
}
