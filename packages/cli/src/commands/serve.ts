// cambium serve: serves a checkpoint or a run over HTTP, with OpenAI's completions API.
import { basename, resolve } from "node:path";
import { readStopTokens } from "@cambium/checkpoint";
import { readTextFile } from "@cambium/files";
import { CambiumError, Mistakes } from "@cambium/ir";
import { contextLength } from "@cambium/model";
import { readParameters } from "@cambium/run";
import { checkExposed, checkPort, type RequestReport, type Serving, SharedModel, serve } from "@cambium/serve";
import { Command } from "commander";
import { beginning } from "../beginning.js";
import { type BackendFlags, type FamilyFlags, wholeNumber, withBackendFlags, withFamilyFlag } from "../flags.js";
import type { Host } from "../host.js";
import { stopOnSignals } from "../signals.js";
import { complain, print } from "../terminal.js";

interface Flags extends BackendFlags, FamilyFlags {
  readonly host: string;
  readonly port: number;
  readonly tokenFile?: string;
  readonly name?: string;
  readonly json?: boolean;
}

export function serveCommand(host: Host): Command {
  return withFamilyFlag(withBackendFlags(new Command("serve")))
    .argument("<model>", "a Hugging Face directory or a run's directory")
    .option("--host <address>", "where to listen; an address that other machines reach needs a token", "127.0.0.1")
    .option("--port <n>", "0 takes a free port", wholeNumber("--port"), 8000)
    .option("--token-file <file>", "holds the token that requests must send (Authorization: Bearer TOKEN)")
    .option("--name <name>", "the model's name in responses (default: its directory's name)")
    .option("--json", "print a line of JSON when listening and for each request")
    .addHelpText(
      "after",
      `
POST /v1/completions takes prompt (a text, token ids, or a list of either), max_tokens, echo, logprobs, temperature,
top_p, top_k, seed, stop and stream, as in OpenAI's API. GET /v1/models and GET /health are served too.

Examples:
  cambium serve ./llama
  cambium serve runs/quickstart --port 0 --json
  cambium serve ./llama --host 0.0.0.0 --token-file ./token.txt

A request:
  curl http://127.0.0.1:8000/v1/completions -H 'Content-Type: application/json' -d '{"prompt": "The whale"}'

lm-evaluation-harness evaluates a model through it, with max_length one more than the model's context:
  lm_eval --model local-completions --tasks arc_easy --model_args base_url=http://127.0.0.1:8000/v1/completions,model=llama,tokenizer=./llama,tokenized_requests=True,add_bos_token=True,max_length=2048`,
    )
    .action((path: string, flags: Flags) => run(path, flags, host));
}

async function run(path: string, flags: Flags, host: Host): Promise<void> {
  const mistakes = new Mistakes();
  const token =
    flags.tokenFile === undefined ? undefined : await mistakes.check(() => readToken(flags.tokenFile ?? ""));
  await mistakes.check(() => flags.tokenFile === undefined && checkExposed(flags.host, undefined));
  await mistakes.check(() => checkPort(flags.port, flags.host));
  const { source, model, tokenizer, computing } = await beginning(path, flags, host, mistakes);
  mistakes.throwIfAny();
  if (!source || !model || !tokenizer || !computing) throw new Error("a mistake was not reported");

  const endTokens = (await readStopTokens(source.path)) ?? model.family.endTokens(model.config);
  const { signal, release } = stopOnSignals(() => complain("Ending"));
  try {
    const parameters = await readParameters(source.path, model);
    await using device = await computing.backend.open(computing.chosen.options);
    using shared = await SharedModel.open(device, model, parameters);
    const name = flags.name ?? basename(resolve(path));
    const serving = await serve({
      ...{ shared, model, tokenizer, endTokens, name, host: flags.host, port: flags.port },
      ...(token !== undefined && { token }),
      onRequest: flags.json ? (report) => print(JSON.stringify(asData(report))) : (report) => complain(asLine(report)),
    });
    const what = { url: serving.url, model: name, context: contextLength(model), device: device.info };
    if (flags.json) print(JSON.stringify({ event: "listening", ...what }));
    else complain(`Serving ${name} on ${serving.url}/v1, a context of ${what.context} tokens; Ctrl-C ends it`);
    await untilStopped(serving, signal);
  } finally {
    release();
  }
}

async function untilStopped(serving: Serving, signal: AbortSignal): Promise<void> {
  try {
    await Promise.race([
      serving.failed,
      new Promise<void>((done) => {
        if (signal.aborted) done();
        signal.addEventListener("abort", () => done());
      }),
    ]);
  } finally {
    await serving.close();
  }
}

/** The token in `file`, whose permissions are not checked. @throws CambiumError `E_OPTION`, file errors */
async function readToken(file: string): Promise<string> {
  const token = (await readTextFile(file, 4096)).trim();
  if (/^[\x21-\x7e]{8,}$/.test(token)) return token;
  throw new CambiumError("E_OPTION", "the file holds no token", {
    where: file,
    expected: "one line of at least 8 letters, digits or signs without spaces",
    hint: `node -p 'crypto.randomBytes(24).toString("base64url")' > ${file}`,
  });
}

function asData({ counts, error, ...report }: RequestReport): object {
  return { event: "request", ...report, ...counts, ...(error !== undefined && { error: errorText(error) }) };
}

function asLine({ method, path, status, seconds, counts, closed, error }: RequestReport): string {
  const tokens = counts ? `, ${counts.promptTokens} tokens in, ${counts.completionTokens} out` : "";
  const how = closed ? "closed by the client" : `${status}`;
  const why = error === undefined ? "" : `: ${errorText(error)}`;
  return `${method} ${path} ${how} in ${seconds.toFixed(3)} s${tokens}${why}`;
}

/** A CambiumError in one line; any other error, which is a bug, with its stack. */
function errorText(error: unknown): string {
  if (error instanceof CambiumError) return `${error.code}: ${error.summary}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
