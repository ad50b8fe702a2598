// How a command ends when it fails: what is printed, and the exit code.
import { inspect } from "node:util";
import { toFileError } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { CommanderError } from "commander";
import { wrap } from "./format.js";
import { withNearestPath } from "./nearest-path.js";
import { complain } from "./terminal.js";

/** Ends a command with an exit code; `message`, unless empty, is printed as it is, not as an error. */
export class Exit extends Error {
  constructor(
    readonly exitCode: number,
    message = "",
  ) {
    super(message);
  }
}

/** The exit code of a check that found what it looks for, printed as a result: `verify`, `grow --check`. */
export const checkFailed = 3;

/** Reasons shown; `--json` gives all. */
const mostReasons = 8;
/** Columns at which messages wrap. */
const width = 110;

/** Prints the failure to standard error, as JSON if `json`, and returns the exit code. */
export function reportFailure(thrown: unknown, json: boolean): number {
  const error = toUserError(thrown);
  if (error instanceof Exit) {
    if (error.message === "") return error.exitCode;
    complain(json ? asJson({ code: "E_INTERRUPTED", message: error.message }) : error.message);
    return error.exitCode;
  }
  if (error instanceof CambiumError) {
    const hinted = withNearestPath(error);
    complain(json ? asJson(hinted) : onOneScreen(hinted));
    return 2;
  }
  if (!(error instanceof Error)) return reportFailure(thrownByPlugin(error), json);
  const { stack } = error;
  complain(json ? asJson({ code: "E_DEFECT", message: stack }) : `This is a bug in Cambium:\n${stack}`);
  return 1;
}

/** Cambium throws only Errors, so any other value comes from a plugin. It may not even convert to a string. */
function thrownByPlugin(value: unknown): CambiumError {
  return new CambiumError("E_PLUGIN_THREW", "a plugin threw something that is not an error", {
    expected: "an Error",
    got: inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY }).slice(0, 200),
    hint: "report it to the author of the backend, operator, family or task that was in use",
  });
}

function asJson(error: unknown): string {
  return JSON.stringify({ error });
}

/** Node's messages when an allocation is refused: for a buffer, for WebAssembly, for a worker thread. */
const noMemory =
  /^(Array buffer allocation failed|WebAssembly\.\w+\(\): (Out of memory|could not allocate)|Worker terminated due to reaching memory limit)/;

/** Turns errors of the command-line parser, of system limits and of the file system into errors a user can act on. */
function toUserError(error: unknown): unknown {
  if (error instanceof CommanderError) {
    // A command that was called without what it needs has printed its help.
    if (error.code === "commander.help") return new Exit(0);
    const [message = "", ...more] = error.message.replace(/^error: /, "").split("\n");
    const suggestion = more.join(" ").replace(/^\(|\)$/g, "");
    const usage = message.startsWith("too many arguments")
      ? "an option's value comes after its name, a text in quotes; add --help for usage"
      : "add --help for usage";
    return new CambiumError("E_USAGE", message, { hint: suggestion === "" ? usage : suggestion });
  }
  if (!(error instanceof Error)) return error;
  if (noMemory.test(error.message)) {
    return new CambiumError("E_MEMORY", "the system gives this process no more memory", {
      got: error.message,
      hint: "raise the limit of the shell (ulimit -v unlimited) or of the container, or ask for less at a time",
      cause: error,
    });
  }
  return toFileError(error, "path" in error ? String(error.path) : "a file");
}

/** The wrapped message, with few enough reasons to fit on one screen. */
function onOneScreen(error: CambiumError): string {
  return error
    .format(mostReasons)
    .split("\n")
    .flatMap((line) => wrap(line, width))
    .join("\n");
}
