// A small model served on the reference backend.
import { type Device, referenceBackend } from "@cambium/backend";
import { bytesTokenizer } from "@cambium/data";
import { initParameters, llama, modelSpec } from "@cambium/model";
import { type RequestReport, type ServeOptions, type Serving, SharedModel, serve } from "@cambium/serve";

export const tokenizer = bytesTokenizer({ eosId: 0 });
export const model = modelSpec(llama, {
  ...{ layers: 1, vocab: 256, hidden: 8, intermediate: 8, heads: 2, contextLength: 48, initializerRange: 0.5 },
});
export const weights = initParameters(model, { seed: "serve", scheme: "hf" });

export interface Small extends AsyncDisposable {
  readonly serving: Serving;
  readonly device: Device;
  readonly reports: RequestReport[];
  /** Posts a completion. */
  post(body: unknown, init?: RequestInit): Promise<Response>;
  /** Posts a completion that must succeed. @returns its answer */
  ask(body: object): Promise<Answer>;
}

export interface Answer {
  readonly model: string;
  readonly usage: Readonly<Record<string, number>>;
  readonly choices: readonly {
    readonly index: number;
    readonly text: string;
    readonly finish_reason: string | null;
    readonly logprobs: {
      readonly tokens: readonly string[];
      readonly token_logprobs: readonly (number | null)[];
      readonly top_logprobs: readonly (Readonly<Record<string, number>> | null)[];
      readonly text_offset: readonly number[];
    } | null;
  }[];
}

export async function serveSmall(more: Partial<ServeOptions> = {}): Promise<Small> {
  const device = await referenceBackend.open();
  const shared = await SharedModel.open(device, model, weights);
  const reports: RequestReport[] = [];
  const serving = await serve({
    ...{ shared, model, tokenizer, name: "small", endTokens: [0], host: "127.0.0.1", port: 0 },
    onRequest: (report) => void reports.push(report),
    ...more,
  });
  const post: Small["post"] = (body, init) =>
    fetch(`${serving.url}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...init,
    });
  const ask = async (body: object) => {
    const response = await post(body);
    if (response.status !== 200) throw new Error(await response.text());
    return (await response.json()) as Answer;
  };
  const close = async () => {
    await serving.close();
    shared.dispose();
    const { tensors, executables } = await device.memory();
    await device.close();
    if (tensors + executables > 0)
      throw new Error(`left on the device: ${tensors} tensors, ${executables} executables`);
  };
  return { serving, device, reports, post, ask, [Symbol.asyncDispose]: close };
}

/** The events of a stream, without the final [DONE]. */
export function events(text: string): Answer[] {
  const lines = text.split("\n\n").filter((line) => line !== "");
  if (lines.at(-1) !== "data: [DONE]") throw new Error(`no end: ${text.slice(-200)}`);
  return lines.slice(0, -1).map((line) => JSON.parse(line.replace(/^data: /, "")) as Answer);
}
