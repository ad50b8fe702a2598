// The command line: parses it and hands over to a command. Each command is one file in commands/.
import { Command } from "commander";
import { version } from "@cambium/experiment";
import { doctorCommand } from "./commands/doctor.js";
import { generateCommand } from "./commands/generate.js";
import { growCommand } from "./commands/grow.js";
import { inspectCommand } from "./commands/inspect.js";
import { reportCommand } from "./commands/report.js";
import { runCommand } from "./commands/run.js";
import { trainCommand } from "./commands/train.js";
import { exitCodes, reportFailure } from "./failure.js";

/** Runs one command line, without `node` and script. @returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    return reportFailure(error, args.includes("--json"));
  }
}

function program(): Command {
  const cambium = new Command("cambium")
    .description("Grow language models: train a small one, stack it, train on, and see what that saved.")
    .version(version)
    .showHelpAfterError("(add --help for usage)")
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText(
      "after",
      `
Examples:
  cambium run recipes/quickstart.yaml        train, grow, compare, report
  cambium generate runs/quickstart --prompt "The whale"
  cambium doctor                             what is installed and what would run

Exit codes: ${exitCodes}`,
    );
  for (const command of [runCommand, trainCommand, growCommand, generateCommand, inspectCommand, reportCommand, doctorCommand]) {
    cambium.addCommand(command().exitOverride());
  }
  return cambium;
}
