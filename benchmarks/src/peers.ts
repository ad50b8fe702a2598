// The peers that `--peer NAME` can ask for.
import type { BackendOptions } from "@cambium/backend";
import { type Contestant, PeerProcess } from "./peer.js";

const torch = new URL("../peers/torch/train.py", import.meta.url).pathname;

/** Makers by name, given what `--backend-option` says, for a peer that runs on the same engine. */
export const peers: Readonly<Record<string, (options: BackendOptions) => Contestant>> = {
  torch: () => new PeerProcess("torch eager", "python3", [torch]),
  "torch-compile": () => new PeerProcess("torch compile", "python3", [torch], { compile: true }),
};
