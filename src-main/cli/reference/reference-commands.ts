import type { AddCommand } from '../add-command.ts';
import { exitCodes } from '../exit.ts';

/** What the reference client's commands are called here. */
const instead: Readonly<Record<string, { readonly summary: string; readonly use: Readonly<Record<string, string>> }>> =
  {
    runtimes: {
      summary: 'tunnel-client’s runtimes: what Culvert has in their place',
      use: {
        create: 'culvert admin tunnels create, then culvert init and culvert run --profile NAME',
        connect: 'culvert init --profile NAME --tunnel-id tunnel_…, then culvert run --profile NAME',
        list: 'culvert status --json, and culvert profiles list',
        cleanup: 'nothing to do: what a Culvert left behind is cleaned up by the next one',
        status: 'culvert status --json',
        stop: 'culvert stop NAME',
        rm: 'culvert stop NAME, then culvert profiles remove NAME',
      },
    },
    'admin-profiles': {
      summary: 'tunnel-client’s saved admin keys: what Culvert has in their place',
      use: {
        list: 'the admin key is a reference, kept nowhere: OPENAI_ADMIN_KEY, or --admin-key env:NAME or keychain:…',
        set: 'export OPENAI_ADMIN_KEY=…, or name it with --admin-key at each culvert admin',
        activate: 'culvert admin … --admin-key env:NAME: each call names its own',
        delete: 'unset OPENAI_ADMIN_KEY',
      },
    },
  };

/** `runtimes` and `admin-profiles`: scripts that call them get a sentence that leads on, and exit code 2. */
export const addReferenceCommands: AddCommand = (program, finish) => {
  for (const [name, { summary, use }] of Object.entries(instead)) {
    const list = Object.entries(use).map(([sub, text]) => `  ${name} ${sub}: ${text}`);
    program
      .command(name, { hidden: true })
      .summary(summary)
      .description(`${summary}.\n\n${list.join('\n')}`)
      .argument('[what...]')
      .allowUnknownOption()
      .action((what: string[]) => {
        const [sub = ''] = what;
        const text = use[sub];
        process.stderr.write(
          text === undefined
            ? `culvert: there is no ${name} here.\n${list.join('\n')}\n`
            : `culvert: there is no ${name} ${sub} here.\n  Use instead: ${text}\n`,
        );
        finish(exitCodes.usage);
      });
  }
};
