// What the set-up installs: the versions that the engine was checked with, and the checksums of those wheels.

/** Requirements for pip; pip resolves their own requirements. */
export const pins = {
  torch: "2.13.0",
  transformers: "5.23.0",
  safetensors: "0.8.0",
  numpy: "2.4.6",
} as const;

/**
 * SHA-256 of wheels by file name. Wheels for another Python or system are not listed: theirs are recorded, not
 * compared.
 */
export const knownSums: Readonly<Record<string, string>> = {
  "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl":
    "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b",
  "transformers-5.23.0-py3-none-any.whl": "018e82fd07490ad5bb58414f65e31576033dc7f36bed10c574843f69b90991bf",
  "safetensors-0.8.0-cp310-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl":
    "fd6f3f93c9a0a7cc2788ee63fb763353d4bd2e89b0751bc78fcf7dda00bea774",
  "numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl":
    "89cd468399cfd2504718f0ba50e410dca55a170b61a02ad92bb18c8a65186e93",
  "tokenizers-0.23.3-cp310-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl":
    "376851d22bcf9d650a5c3090bb83e6cf9e895fbf0595369fa4cd43c1f69b5f87",
};
