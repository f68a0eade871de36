import './no-eval.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles.ts';
import { on } from './api.ts';
import { keepLanguage, startLanguage, useLanguage } from './language.ts';
import { follow } from './route.ts';
import { App } from './shell/app.tsx';
import { connect } from './store.ts';
import { keepTheme } from './theme.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no root');

/** A new language draws everything anew: sentences are read while drawing. */
function Root() {
  return <App key={useLanguage()} />;
}

await startLanguage();
connect();
keepTheme();
keepLanguage();
on('app.navigate', follow);
createRoot(root).render(
  <StrictMode>
    <Root />
  </StrictMode>,
);
