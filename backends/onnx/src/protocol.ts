// The messages between the two threads. The main thread numbers tensors and executables; the worker holds them.
import type { ProfileEntry } from "@cambium/backend";
import type { ErrorDetails, HostData, TensorType } from "@cambium/ir";
import type { OpenOptions } from "./options.js";
import type { Plan } from "./plan.js";

/** A tensor in the worker. */
export type TensorId = number;
export type ExecutableId = number;

/** What an input is bound to: a tensor of the worker, or data in the message. */
export type RunInput = { readonly tensor: TensorId } | { readonly data: HostData };

export interface RunRequest {
  readonly executable: ExecutableId;
  /** By input name. The id of a consumed tensor is invalid afterwards. */
  readonly bindings: Readonly<Record<string, RunInput>>;
  /** For each output that stays on the device, the id it gets. */
  readonly keep: Readonly<Record<string, TensorId>>;
  /** Outputs whose data comes back with the answer. If the run fails, using an id in `keep` throws the same error. */
  readonly fetch: readonly string[];
}

/** Calls that are answered: argument and result by name. */
export interface Calls {
  open: { argument: OpenOptions; result: { readonly version: string } };
  compile: {
    argument: {
      readonly executable: ExecutableId;
      readonly plan: Plan;
      /** The fixed inputs by name. */
      readonly fixed: Readonly<Record<string, TensorId>>;
    };
    result: undefined;
  };
  /** A piece of a tensor's data, from element `at` on; the first makes the tensor. The piece's buffer comes back. */
  upload: {
    argument: { readonly tensor: TensorId; readonly type: TensorType; readonly at: number; readonly piece: HostData };
    result: HostData;
  };
  download: { argument: { readonly tensor: TensorId }; result: HostData };
  run: { argument: RunRequest; result: Readonly<Record<string, HostData>> };
  profile: { argument: { readonly executable: ExecutableId }; result: readonly ProfileEntry[] };
  close: { argument: undefined; result: undefined };
}

export type CallName = keyof Calls;

/** Calls that are not answered. They take effect in order with the others. */
export type Notice = { readonly free: TensorId } | { readonly release: ExecutableId };

export type Request = {
  [N in CallName]: { readonly id: number; readonly call: N; readonly argument: Calls[N]["argument"] };
}[CallName];

/** An error as data. An error without a code is a defect and is shown with its stack. */
export interface SentError {
  readonly code?: string;
  readonly message: string;
  readonly details?: Omit<ErrorDetails, "cause">;
  readonly stack?: string;
}

export type Response =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: SentError };
