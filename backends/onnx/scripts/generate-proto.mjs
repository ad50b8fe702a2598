// Writes src/onnx/onnx_pb.ts from proto/onnx.proto. Run by hand when the proto changes: the tools are large, the result
// is small and kept.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const head =
  "// The messages of proto/onnx.proto, as protoc-gen-es writes them (scripts/generate-proto.mjs); long because generated.\n";
const out = mkdtempSync(join(tmpdir(), "onnx-proto-"));
const template = {
  version: "v2",
  plugins: [{ local: "protoc-gen-es", out, opt: ["target=ts", "import_extension=none"] }],
  inputs: [{ directory: fileURLToPath(new URL("../proto", import.meta.url)) }],
};
const tools = ["-p", "@bufbuild/buf@1.75.0", "-p", "@bufbuild/protoc-gen-es@2.17.0"];
execFileSync("npx", ["-y", ...tools, "buf", "generate", "--template", JSON.stringify(template)], { stdio: "inherit" });
const generated = readFileSync(join(out, "onnx_pb.ts"), "utf8").replace(/^.*\n/, head);
writeFileSync(new URL("../src/onnx/onnx_pb.ts", import.meta.url), generated);
rmSync(out, { recursive: true });
