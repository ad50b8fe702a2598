// Parses the command line and runs a command. Only what that command needs is loaded.
import { Command, CommanderError } from "commander";
import { version } from "../package.json";
import { entries } from "./command-table.js";
import type { Host } from "./host.js";

const exitCodes = `
  0    done
  1    a bug in Cambium (please report it)
  2    a mistake in the command, a recipe, a file or the set-up; the message says which
  3    a check failed: cambium verify, cambium grow --check
  130  interrupted by Ctrl-C after saving; the same command continues`;

/**
 * Runs one command line. Results go to standard output, progress and errors to standard error.
 * @param args the words after `cambium`
 * @param host default: that of Node
 * @returns the exit code
 */
export async function main(args: readonly string[], host?: Host): Promise<number> {
  try {
    const cambium = await program(args, host);
    if (args.length === 0) cambium.outputHelp();
    else await cambium.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    // Help and version end this way too.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const { reportFailure } = await import("./failure.js");
    return reportFailure(error, args.includes("--json"));
  }
}

async function program(args: readonly string[], host: Host | undefined): Promise<Command> {
  const cambium = quiet(new Command("cambium"))
    .description("Grow language models: train a small one, stack it, continue training, and see what that saved.")
    .version(version)
    .enablePositionalOptions()
    .addHelpText(
      "after",
      `
Examples:
  cambium init my.txt                        write a recipe for a text of your own
  cambium run recipes/quickstart.yaml        train, grow, compare, report
  cambium generate runs/quickstart --prompt "The whale"
  cambium doctor                             what is installed and what would run

Exit codes: ${exitCodes}`,
    );
  const called = calledName(args);
  for (const [name, { does, load }] of Object.entries(entries)) {
    const command = name === called ? (await load())(host ?? (await import("./host.js")).nodeHost) : new Command(name);
    cambium.addCommand(quiet(command.description(does)));
  }
  return cambium;
}

/** The command that a command line calls, or asks for help about. */
function calledName(args: readonly string[]): string | undefined {
  const [first, second] = args.filter((word) => !word.startsWith("-"));
  return first === "help" ? second : first;
}

/** Makes commander throw its errors, also in commands of a command, so that they are reported like any other. */
function quiet(command: Command): Command {
  for (const one of command.commands) quiet(one);
  return command
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ minWidthToWrap: 20 })
    .configureOutput({ outputError: () => {} });
}
