// Finds headers and libraries in a folder the user names: a libtensorflow, or Python's package tensorflow.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CambiumError } from "@cambium/ir";

export interface LibTensorflow {
  readonly include: string;
  /** Folder of the libraries. */
  readonly folder: string;
  readonly libraries: readonly [string, string];
}

/** The C API is in libtensorflow; in Python's package libtensorflow_cc has it. */
const cApi = ["libtensorflow.so.2", "libtensorflow_cc.so.2"];
const framework = "libtensorflow_framework.so.2";

/** @throws CambiumError `E_SETUP_LIBTENSORFLOW` with what is missing. */
export function findLibTensorflow(folder: string): LibTensorflow {
  const include = join(folder, "include");
  const lacking: string[] = [];
  // tfjs-node writes TensorFlow's own strings. Only this header has their layout.
  for (const header of ["tensorflow/c/c_api.h", "tensorflow/core/platform/ctstring_internal.h"]) {
    if (!existsSync(join(include, header))) lacking.push(join("include", header));
  }
  const places = [join(folder, "lib"), folder];
  const place = places.find((one) => existsSync(join(one, framework)));
  const library = cApi.find((name) => place !== undefined && existsSync(join(place, name)));
  if (place === undefined) lacking.push(join("lib", framework));
  else if (library === undefined) lacking.push(cApi.join(" or "));
  if (place === undefined || library === undefined || lacking.length > 0) {
    throw new CambiumError("E_SETUP_LIBTENSORFLOW", "this is not a libtensorflow", {
      where: folder,
      expected: `${lacking.join(", ")}`,
      hint: "unpack a libtensorflow for C there, or name the folder of Python's package tensorflow",
    });
  }
  return { include, folder: place, libraries: [join(place, library), join(place, framework)] };
}
