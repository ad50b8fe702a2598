// Numbers, durations and paragraphs formatted for people.

/** Seconds as `42 s`, `3:05 min` or `2:05 h`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${String(whole % 60).padStart(2, "0")} min`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")} h`;
}

/** Seconds as `12.3 ms`. */
export function milliseconds(seconds: number): string {
  return `${(1000 * seconds).toPrecision(3)} ms`;
}

/** 0.47 → `+47.0 %`, with a real minus sign. */
export function signedPercent(ratio: number): string {
  return `${ratio >= 0 ? "+" : "−"}${Math.abs(100 * ratio).toFixed(1)} %`;
}

/** `1 layer`, `24 layers`. */
export function layerCount(layers: number): string {
  return `${layers} ${layers === 1 ? "layer" : "layers"}`;
}

/** Wraps a line to at most `width` columns, with a deeper indent from the second line on. Words are never cut. */
export function wrap(line: string, width: number): string[] {
  const indent = /^[ -]*/.exec(line)?.[0].length ?? 0;
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(/(?<=\S)(?= )/)) {
    if (current !== "" && current.length + word.length > width) {
      lines.push(current);
      current = " ".repeat(indent + 4) + word.trimStart();
    } else current += word;
  }
  return [...lines, current];
}
