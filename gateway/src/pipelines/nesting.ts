// The parser's time grows with the square of these, and no pipeline comes near them.
const MAX_DEPTH = 200;
const MAX_OPEN_BRACKETS = 1_000;
const MAX_LINES = 20_000;
// `- - - x` nests in one line.
const COMPACT = /^ *(?:(?:[-?:]|![^ ]*) +){50}/;

/**
 * Why a text is not even parsed as YAML: it nests too deep, or has too many lines, and would hold up everything else. Counts roughly, and
 * never too little: brackets in texts count too.
 */
export function nestingProblem(text: string): string | undefined {
  const lines = text.split('\n', MAX_LINES + 1);
  if (lines.length > MAX_LINES) return `it has more than ${MAX_LINES} lines, which is the bound of a pipeline file`;
  const outer: number[] = [];
  let open = 0;
  for (const line of lines) {
    const indent = line.search(/[^ ]/);
    if (indent === -1) continue;
    while ((outer.at(-1) ?? -1) >= indent) outer.pop();
    outer.push(indent);
    for (const char of line) {
      if (char === '[' || char === '{') open++;
      else if (char === ']' || char === '}') open = Math.max(0, open - 1);
    }
    if (outer.length > MAX_DEPTH || open > MAX_OPEN_BRACKETS || COMPACT.test(line)) return `it is nested too deep: more than ${MAX_DEPTH} levels`;
  }
  return undefined;
}
