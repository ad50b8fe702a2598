// How a command ends when it does not end well: what is printed, and the exit code.
import { CambiumError } from "@cambium/ir";
import { CommanderError } from "commander";

export const exitCodes = `
  0    done
  1    a defect of Cambium (please report it)
  2    a mistake in the command, a recipe, a file or the set-up; the message says which
  130  stopped by Ctrl-C after saving; the same command continues`;

/** Thrown by a command that was stopped and has saved. */
export class Interrupted extends Error {}

/** Prints what happened, to standard error (as JSON if `json`), and returns the exit code. */
export function reportFailure(error: unknown, json: boolean): number {
  if (error instanceof Interrupted) {
    console.error(error.message);
    return 130;
  }
  // Commander has printed its own message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof CambiumError) {
    console.error(json ? JSON.stringify({ error }) : error.format());
    return 2;
  }
  console.error("This is a defect of Cambium:");
  console.error(error instanceof Error ? error.stack : error);
  return 1;
}
