/** `deno lint`: a function that does not fit on a screen does more than one thing. */

const MOST = 60;

type Lined = { range: [number, number] };

function check(context: Deno.lint.RuleContext) {
  return (node: Lined & { type: string }) => {
    if (/(^|[\\/])tests[\\/]/.test(context.filename)) return;
    const lines = context.sourceCode.getText(node as Deno.lint.Node).split("\n").length;
    if (lines <= MOST) return;
    context.report({
      range: [node.range[0], node.range[0] + 1],
      message: `This function has ${lines} lines; expected at most ${MOST}`,
    });
  };
}

const plugin: Deno.lint.Plugin = {
  name: "berth",
  rules: {
    "function-length": {
      create: (context) => ({
        FunctionDeclaration: check(context),
        FunctionExpression: check(context),
        ArrowFunctionExpression: check(context),
      }),
    },
  },
};

export default plugin;
