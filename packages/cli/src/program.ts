// The command line: parses it and hands over to a command. Each command is one file in commands/.
import { version } from "@cambium/experiment";
import { Command } from "commander";
import { createCommand } from "./commands/create.js";
import { doctorCommand } from "./commands/doctor.js";
import { generateCommand } from "./commands/generate.js";
import { growCommand } from "./commands/grow.js";
import { inspectCommand } from "./commands/inspect.js";
import { pluginsCommand } from "./commands/plugins.js";
import { reportCommand } from "./commands/report.js";
import { runCommand } from "./commands/run.js";
import { trainCommand } from "./commands/train.js";
import { exitCodes, reportFailure } from "./failure.js";
import { type Host, nodeHost } from "./host.js";

const commands = [
  runCommand,
  trainCommand,
  growCommand,
  generateCommand,
  inspectCommand,
  reportCommand,
  pluginsCommand,
  createCommand,
  doctorCommand,
] as const;

/**
 * Runs one command line, given without `node` and script: results to standard output, progress and errors to standard
 * error.
 * @returns the exit code
 */
export async function main(args: readonly string[], host: Host = nodeHost): Promise<number> {
  try {
    const cambium = program(host);
    if (args.length === 0) cambium.outputHelp();
    else await cambium.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    return reportFailure(error, args.includes("--json"));
  }
}

function program(host: Host): Command {
  const cambium = quiet(new Command("cambium"))
    .description("Grow language models: train a small one, stack it, train on, and see what that saved.")
    .version(version)
    .addHelpText(
      "after",
      `
Examples:
  cambium run recipes/quickstart.yaml        train, grow, compare, report
  cambium generate runs/quickstart --prompt "The whale"
  cambium doctor                             what is installed and what would run

Exit codes: ${exitCodes}`,
    );
  for (const command of commands) cambium.addCommand(quiet(command(host)));
  return cambium;
}

/** Mistakes are thrown, not printed, so that they are reported like any other. */
function quiet(command: Command): Command {
  return command
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: () => {} });
}
