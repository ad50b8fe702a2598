// One ONNX Runtime session: created once, fed views of the flat memory, profiled on request.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OpTimes } from "@cambium/backend";
import { InferenceSession, type Tensor } from "onnxruntime-node";
import type { OpenOptions } from "../options.js";
import type { SessionStep } from "../plan.js";
import { withoutDevice } from "./errors.js";
import type { Block } from "./storage.js";

export class Session {
  readonly #step: SessionStep;
  readonly #options: OpenOptions;
  readonly #packed: Readonly<Record<string, Block>>;
  #session: InferenceSession | undefined;
  #profileFolder: string | undefined;

  private constructor(step: SessionStep, options: OpenOptions, packed: Readonly<Record<string, Block>>) {
    this.#step = step;
    this.#options = options;
    this.#packed = packed;
  }

  /** @param packed the blocks of `step.packed`, which must outlive the session */
  static async create(
    step: SessionStep,
    options: OpenOptions,
    packed: Readonly<Record<string, Block>>,
  ): Promise<Session> {
    const session = new Session(step, options, packed);
    await session.#opened();
    return session;
  }

  /**
   * Reads `feeds` and writes into `fetches`, both by value name. After a run, onnxruntime-node copies every output into a
   * fresh buffer, even those that already lie in our memory: all gradients, at every step. It stops with an error at the
   * first output that is not a tensor, when all outputs are computed. So the model's first output is not a tensor, and
   * that error is expected.
   */
  async run(feeds: Record<string, Tensor>, fetches: Record<string, Tensor>): Promise<void> {
    const session = await this.#opened();
    try {
      await session.run(feeds, { [this.#step.stopper]: null, ...fetches });
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("Non tensor type"))) throw error;
    }
  }

  /**
   * Adds the time of every node run since the last call to `times`. ONNX Runtime cannot resume profiling, so the session
   * is created again.
   */
  async drainProfile(times: OpTimes): Promise<void> {
    if (!this.#session || this.#profileFolder === undefined) return;
    const folder = this.#profileFolder;
    this.#session.endProfiling();
    await this.release();
    for (const file of readdirSync(folder)) {
      for (const event of JSON.parse(readFileSync(join(folder, file), "utf8")) as ProfileEvent[]) {
        if (event.cat !== "Node" || !event.name.endsWith("_kernel_time")) continue;
        times.add(event.args.op_name, event.dur / 1e6, providerName(event.args.provider));
      }
    }
    rmSync(folder, { recursive: true });
  }

  async release(): Promise<void> {
    await this.#session?.release();
    this.#session = undefined;
  }

  async #opened(): Promise<InferenceSession> {
    try {
      this.#session ??= await InferenceSession.create(this.#step.model, this.#sessionOptions());
    } catch (error) {
      throw withoutDevice(error, this.#options.provider);
    }
    return this.#session;
  }

  #sessionOptions(): InferenceSession.SessionOptions {
    const { provider, threads, profile } = this.#options;
    if (profile) this.#profileFolder = mkdtempSync(join(tmpdir(), "cambium-profile-"));
    return {
      executionProviders: provider === "cpu" ? ["cpu"] : [provider, "cpu"],
      executionMode: "sequential",
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      enableCpuMemArena: true,
      // With it, the second run plans one block for all activations and keeps the first run's beside it: half as much
      // memory again, and no time saved.
      enableMemPattern: false,
      graphOptimizationLevel: provider === "cpu" ? "disabled" : "all",
      logSeverityLevel: 3,
      externalData: Object.entries(this.#packed).map(([path, { data }]) => ({ path, data: bytesOf(data) })),
      ...(profile && { enableProfiling: true, profileFilePrefix: join(this.#profileFolder as string, "session") }),
    };
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Block["data"]): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** `CPUExecutionProvider` is called `cpu` in options. */
function providerName(full: string | undefined): string | undefined {
  return full?.replace(/ExecutionProvider$/, "").toLowerCase();
}

/** The part of an event in ONNX Runtime's profile (Chrome trace format; durations in µs) that is read here. */
interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args: { readonly op_name: string; readonly provider?: string };
}
