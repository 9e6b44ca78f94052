import js from "@eslint/js";
import i18next from "eslint-plugin-i18next";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

/** Imports flow one way: api, graph → shared → features → app. A folder never reaches up or sideways. */
function forbid(files, groups, message) {
  return {
    files,
    rules: { "no-restricted-imports": ["error", { patterns: [{ group: groups, message }] }] },
  };
}

/** Texts go through one door, so that their types and tests see them. */
const words = [
  {
    selector: "ImportDeclaration[source.value=/^(react-)?i18next$/]",
    message: "Take t, msg and the like from @/i18n, useTranslation from @/i18n/react.",
  },
];
const wordsInComponents = [
  {
    selector: "ImportDeclaration[source.value='@/i18n'] > ImportSpecifier[imported.name='t']",
    message: "A component takes t from useTranslation (@/i18n/react): it is drawn anew when the language changes.",
  },
];

/** Where a plain text would be shown as it stands, besides the markup that i18next/no-literal-string looks at. */
const spoken = "/^(?!(curl|Python|JavaScript)$).*[A-Za-z]{2}/";
const untranslated = [
  {
    selector: `Property[key.name=/^(title|label|text|description|placeholder|message|remedy|hint|summary)$/] > Literal.value[value=${spoken}]`,
    message: "Say it by t(…), or by msg(…) outside functions, so that it can be translated.",
  },
  {
    selector: `CallExpression[callee.name=/^(notify(Error|Done)|act)$/] > Literal[value=${spoken}]`,
    message: "Say it by t(…), so that it can be translated.",
  },
  {
    selector: `CallExpression[callee.property.name='act'] > Literal[value=${spoken}]`,
    message: "Say it by t(…), so that it can be translated.",
  },
];
const literals = {
  framework: "react",
  mode: "jsx-only",
  "should-validate-template": true,
  "jsx-attributes": {
    include: ["label", "title", "placeholder", "description", "alt", "text", "subtitle", "suffix", "error", "none", "aria-.*(label|text|description)", ".*(Label|Message|Title)"],
  },
  "jsx-components": { exclude: ["code", "kbd", "Kbd", "Code"] },
  words: { exclude: ["[^A-Za-z]*", "Netwright"] },
};

const features = ["projects", "editor", "training", "runs", "sweeps", "data", "models", "inspect"];

export default tseslint.config(
  { ignores: ["node_modules", "dist", "src/api/generated.ts", "public"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  jsxA11y.flatConfigs.recommended,
  reactHooks.configs.flat["recommended-latest"],
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/consistent-type-definitions": "off",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/dot-notation": "off",
      "@typescript-eslint/no-unused-vars": ["error", { varsIgnorePattern: "^_", argsIgnorePattern: "^_" }],
      "jsx-a11y/no-autofocus": "off",
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  {
    files: ["src/**/*.tsx"],
    ignores: ["src/**/*.test.tsx", "src/test/**"],
    plugins: { i18next },
    rules: {
      "no-restricted-syntax": ["error", ...words, ...untranslated, ...wordsInComponents],
      "i18next/no-literal-string": ["error", literals],
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/**/*.test.ts", "src/test/**", "src/i18n/**"],
    rules: { "no-restricted-syntax": ["error", ...words, ...untranslated] },
  },
  forbid(["src/i18n/**"], ["@/*"], "The languages know nothing of the page."),
  forbid(["src/graph/**"], ["react", "react-*", "@xyflow/*", "@/app/*", "@/features/*", "@/shared/*"],
    "The graph core is plain TypeScript: it knows neither React nor the page."),
  forbid(["src/api/**"], ["react", "@/app/*", "@/features/*", "@/shared/*", "@/graph/*"],
    "The API client knows nothing above it."),
  forbid(["src/shared/**"], ["@/app/*", "@/features/*"], "Shared code knows no feature and no app."),
  ...features.map((name) =>
    forbid([`src/features/${name}/**`],
      ["@/app/*", ...features.filter((other) => other !== name).map((other) => `@/features/${other}/*`)],
      "A feature imports from api, graph, shared and itself; the app joins features.")),
  { files: ["eslint.config.js"], ...tseslint.configs.disableTypeChecked },
);
