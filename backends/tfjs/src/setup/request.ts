// The options of `cambium setup tfjs`, checked.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { SetupOption, SetupOptions } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";
import type { NodeEngineKind } from "../engines/node-binding-state.js";

export const options: readonly SetupOption[] = [
  { name: "cuda", description: "build tfjs-node-gpu, with TensorFlow for CUDA and NVIDIA's libraries (about 6 GB)" },
  {
    name: "wheel",
    value: "FILE",
    several: true,
    description: "use this wheel of TensorFlow (with --cuda: also NVIDIA's wheels), downloaded before",
  },
  {
    name: "libtensorflow",
    value: "DIR",
    description: "use this libtensorflow (include/ and lib/), or an installed Python package tensorflow, where it is",
  },
];

export interface SetupRequest {
  readonly kind: NodeEngineKind;
  readonly source:
    | { readonly kind: "pip" }
    | { readonly kind: "files"; readonly files: readonly string[] }
    | { readonly kind: "folder"; readonly folder: string };
}

/** @throws CambiumError `E_SETUP_OPTION` for options that contradict each other or name a file that does not exist. */
export function readRequest(given: SetupOptions): SetupRequest {
  const { cuda, wheel, libtensorflow } = given;
  const kind: NodeEngineKind = cuda === undefined ? "node" : "node-gpu";
  if (wheel !== undefined && libtensorflow !== undefined) {
    throw new CambiumError("E_SETUP_OPTION", "--wheel and --libtensorflow name two sources of TensorFlow", {
      expected: "one of them",
    });
  }
  if (wheel !== undefined) return { kind, source: { kind: "files", files: [wheel].flat().map(found) } };
  if (libtensorflow !== undefined) return { kind, source: { kind: "folder", folder: found(libtensorflow) } };
  return { kind, source: { kind: "pip" } };
}

function found(path: unknown): string {
  const absolute = resolve(String(path));
  if (!existsSync(absolute)) throw new CambiumError("E_SETUP_OPTION", "there is no such file", { where: absolute });
  return absolute;
}
