// How a command ends when it does not end well: what is printed, and the exit code.
import { toFileError } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { CommanderError } from "commander";
import { wrap } from "./format.js";

export const exitCodes = `
  0    done
  1    a defect of Cambium (please report it)
  2    a mistake in the command, a recipe, a file or the set-up; the message says which
  130  stopped by Ctrl-C after saving; the same command continues`;

/** Thrown by a command that has said all there is to say. */
export class Quit extends Error {
  constructor(
    readonly exitCode: number,
    message = "",
  ) {
    super(message);
  }
}

/** Reasons shown; `--json` gives all. */
const mostReasons = 8;
/** Columns that a message takes at most. */
const width = 110;

/** Prints what happened, to standard error (as JSON if `json`), and returns the exit code. */
export function reportFailure(thrown: unknown, json: boolean): number {
  const error = toUserError(thrown);
  if (error instanceof Quit) {
    if (error.message === "") return error.exitCode;
    console.error(json ? asJson({ code: "E_INTERRUPTED", message: error.message }) : error.message);
    return error.exitCode;
  }
  if (error instanceof CambiumError) {
    console.error(json ? asJson(error) : onOneScreen(error));
    return 2;
  }
  const stack = error instanceof Error ? error.stack : String(error);
  console.error(json ? asJson({ code: "E_DEFECT", message: stack }) : `This is a defect of Cambium:\n${stack}`);
  return 1;
}

function asJson(error: unknown): string {
  return JSON.stringify({ error });
}

/** Errors of the command line's parser and of the file system as errors a user can act on. */
function toUserError(error: unknown): unknown {
  if (error instanceof CommanderError) {
    // Help and version are printed and are no failure.
    if (error.exitCode === 0 || error.code === "commander.help") return new Quit(0);
    const [message = "", ...more] = error.message.replace(/^error: /, "").split("\n");
    const suggestion = more.join(" ").replace(/^\(|\)$/g, "");
    return new CambiumError("E_USAGE", message, { hint: suggestion === "" ? "add --help for usage" : suggestion });
  }
  if (!(error instanceof Error)) return error;
  return toFileError(error, "path" in error ? String(error.path) : "a file");
}

/** The message wrapped to the terminal, with as many reasons as leave it on one screen. */
function onOneScreen(error: CambiumError): string {
  return error
    .format(mostReasons)
    .split("\n")
    .flatMap((line) => wrap(line, width))
    .join("\n");
}
