import './no-eval.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles.ts';
import { on } from './api.ts';
import { follow } from './route.ts';
import { App } from './shell/app.tsx';
import { connect } from './store.ts';
import { keepTheme } from './theme.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no root');

connect();
keepTheme();
on('app.navigate', follow);
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
