// Numbers and paragraphs formatted for people.

/** Seconds as `12.3 ms`. */
export function milliseconds(seconds: number): string {
  return `${(1000 * seconds).toPrecision(3)} ms`;
}

/** 0.47 → `+47.0 %`, with a real minus sign. */
export function signedPercent(ratio: number): string {
  return `${ratio >= 0 ? "+" : "−"}${Math.abs(100 * ratio).toFixed(1)} %`;
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
