/** `deno lint`: a function that does not fit on a screen does more than one thing. */

const MOST = 60;

/** The part of Deno's lint plugin API that this uses. */
interface RuleContext {
  filename: string;
  sourceCode: { getText(node: unknown): string };
  report(found: { range: [start: number, end: number]; message: string }): void;
}

function check(context: RuleContext) {
  return (node: { range: [number, number] }) => {
    if (/[\\/]tests[\\/]/.test(context.filename)) return;
    const lines = context.sourceCode.getText(node).split("\n").length;
    if (lines <= MOST) return;
    const [start] = node.range;
    const message = `This function has ${lines} lines; expected at most ${MOST}`;
    context.report({ range: [start, start + 1], message });
  };
}

const rule = {
  create: (context: RuleContext) => ({
    FunctionDeclaration: check(context),
    FunctionExpression: check(context),
    ArrowFunctionExpression: check(context),
  }),
};

export default { name: "berth", rules: { "function-length": rule } };
