import js from '@eslint/js';
import regexp from 'eslint-plugin-regexp';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** Rooms of the house that must not know each other (README, "The house"). */
const forbid = (...patterns) => ({
  'no-restricted-imports': ['error', { patterns }],
});
const electron = {
  group: ['electron', 'electron/*', 'electron-store'],
  message: 'The engine is plain Node: electron lives in src-main/desktop.',
};
const engine = { group: ['**/src-main/**'], message: 'This room may import shared/ only.' };

export default tseslint.config(
  { ignores: ['out/', 'dist/', 'node_modules/', 'docs/', 'coverage/'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './tsconfig.renderer.json', './tsconfig.ui-tests.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-deprecated': 'off',
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        Buffer: 'readonly',
        document: 'readonly',
        performance: 'readonly',
      },
    },
  },
  {
    // data from outside meets these: an expression that backtracks, or starts over at each character, freezes every tunnel
    files: ['src-main/**', 'shared/**', 'src-renderer/**'],
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential', ignoreSticky: true }],
    },
  },
  {
    files: ['src-main/**'],
    ignores: ['src-main/desktop/**', 'src-main/main.ts', 'src-main/preload.ts'],
    rules: forbid(electron),
  },
  {
    files: ['src-main/relay/**'],
    rules: forbid(electron, {
      group: [
        '../control-plane/**',
        '../tunnel/**',
        '../mcp/**',
        '../call/**',
        '../json/**',
        '../network/**',
        '../engine.ts',
      ],
      message: 'The relay imports no client code.',
    }),
  },
  {
    files: ['shared/**'],
    rules: forbid(electron, engine, { group: ['node:*'], message: 'shared/ is pure: no Node, no I/O.' }),
  },
  {
    files: ['src-renderer/**'],
    extends: [reactHooks.configs.flat['recommended-latest']],
    rules: forbid(electron, engine, { group: ['node:*'], message: 'The renderer has no Node.' }),
  },
  {
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
);
