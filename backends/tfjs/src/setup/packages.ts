// The two npm packages with a native part, and which of their versions Cambium works with.

export type EnginePackage = "@tensorflow/tfjs-node" | "@tensorflow/tfjs-node-gpu";

/** The packages' versions that Cambium is tested with, as npm writes it. */
export const supportedRange = "^4.22.0";

/** Whether a version is in `supportedRange`; a pre-release is not. */
export function isSupported(version: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)\.\d+$/.exec(version) ?? [];
  return Number(major) === 4 && Number(minor) >= 22;
}

/** Their installation scripts would download a TensorFlow of 2022. */
export const installCommand = (name: EnginePackage): string => `npm install --ignore-scripts ${name}@${supportedRange}`;

export const setupCommand = (name: EnginePackage): string =>
  `cambium setup tfjs${name === "@tensorflow/tfjs-node-gpu" ? " --cuda" : ""}`;

/** The command that installs packages without running their scripts. */
export const installOf = (...names: readonly string[]): string =>
  `npm install ${names.map((name) => `${name}@${supportedRange}`).join(" ")}`;
