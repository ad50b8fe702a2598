// `npm run software -- swiftshader|lavapipe COMMAND …`: runs a command that finds this software adapter and no other,
// e.g. `npm run software -- swiftshader cambium doctor`.
import { spawn } from "node:child_process";
import { useLavapipe } from "./lavapipe.js";
import { swiftShader } from "./swiftshader.js";

/** By adapter: sets this process's environment, which the command inherits; returns what is missing. */
const adapters: Readonly<Record<string, () => Promise<string | undefined>>> = {
  lavapipe: useLavapipe,
  async swiftshader() {
    Object.assign(process.env, (await swiftShader()).env);
    return undefined;
  },
};

const [name = "", command, ...args] = process.argv.slice(2);
const adapter = Object.hasOwn(adapters, name) ? adapters[name] : undefined;
if (!adapter || command === undefined)
  fail(`npm run software -- ${Object.keys(adapters).sort().join("|")} COMMAND …`, 2);
const missing = await adapter();
if (missing !== undefined) fail(missing.replace(/^skipped: /, ""), 1);
// The command decides what Ctrl-C means; the terminal sends it the signal too.
process.on("SIGINT", () => {});
const child = spawn(command, args, { stdio: "inherit" });
child.on("error", (error) => fail(`${command}: ${error.message}`, 127));
child.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));

function fail(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}
