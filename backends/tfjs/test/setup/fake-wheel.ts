// Wheels made in memory, with the RECORD that a wheel has.
import { createHash } from "node:crypto";
import { strToU8, zipSync } from "fflate";

const digest = (text: string, encoding: "hex" | "base64url") => createHash("sha256").update(text).digest(encoding);

export const sha256 = (text: string): string => digest(text, "hex");

/** A wheel of these files. `record` changes the RECORD before it is packed. */
export function wheel(
  name: string,
  files: Readonly<Record<string, string>>,
  { metadata = "", record = (text: string) => text } = {},
): Uint8Array {
  const info = `${name}-1.0.dist-info`;
  const all = {
    ...files,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n${metadata}\nText.`,
  };
  const lines = Object.entries(all).map(([path, text]) => `${path},sha256=${digest(text, "base64url")},${text.length}`);
  const whole = { ...all, [`${info}/RECORD`]: record([...lines, `${info}/RECORD,,`].join("\n")) };
  return zipSync(Object.fromEntries(Object.entries(whole).map(([path, text]) => [path, strToU8(text)])));
}

/** The files of a TensorFlow wheel that matter here, and some that do not. */
export const tensorflow: Readonly<Record<string, string>> = {
  "tensorflow/libtensorflow_cc.so.2": "the C API ".repeat(10_000),
  "tensorflow/libtensorflow_framework.so.2": "the framework",
  "tensorflow/include/tensorflow/c/c_api.h": "// C",
  "tensorflow/include/tensorflow/core/platform/ctstring_internal.h": "// strings",
  "tensorflow/include/tensorflow/core/graph/graph.h": "// not needed",
  "tensorflow/python/_pywrap.so": "Python's part",
  "tensorflow/__init__.py": "",
};
