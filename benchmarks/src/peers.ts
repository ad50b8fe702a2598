// The peers that `--peer NAME` can ask for.
import type { BackendOptions } from "@cambium/backend";
import type { Contestant } from "@cambium/bench";
import { PeerProcess } from "@cambium/bench/node";

const script = (path: string) => new URL(`../peers/${path}`, import.meta.url).pathname;
const torch = script("torch/train.py");
const tfjsHand = script("tfjs-hand/train.ts");

/** Makers by name, given what `--backend-option` says, for a peer that runs on the same engine. */
export const peers: Readonly<Record<string, (options: BackendOptions) => Contestant>> = {
  "tfjs-hand": ({ engine = "node" }) =>
    new PeerProcess("tfjs by hand", process.execPath, ["--import", "tsx", tfjsHand, String(engine)]),
  torch: () => new PeerProcess("torch eager", "python3", [torch]),
  "torch-compile": () => new PeerProcess("torch compile", "python3", [torch], { compile: true }),
};
