// A program as text, for `cambium inspect --wgsl`.
import type { Program } from "./program.js";

/** Every different module once, headed by the dispatches that run it. */
export function programText({ dispatches, layout }: Program): string {
  const modules = new Map<string, string[]>();
  dispatches.forEach((dispatch, i) => {
    const { label, scope = "" } = dispatch;
    const [text, size] =
      dispatch.kind === "one"
        ? [dispatch.wgsl, `${dispatch.groups.join("×")} workgroups`]
        : ["// made when it is known in which buffers the tensors lie\n", `${dispatch.kernel.items.length} tensors`];
    modules.set(text, [...(modules.get(text) ?? []), `// ${i}: ${label}, ${size} ${scope}`.trimEnd()]);
  });
  const arena = layout.arena.reduce((sum, bytes) => sum + bytes, 0);
  const head = `// ${dispatches.length} dispatches, ${modules.size} modules, an arena of ${arena} bytes`;
  return [head, ...[...modules].map(([text, lines]) => `${lines.join("\n")}\n${text}`)].join("\n\n");
}
