// Runs before the app: the theme, so that nothing flashes, and the list of what the policy refused, which tests read.
globalThis.cspViolations = [];
document.addEventListener('securitypolicyviolation', (event) => {
  globalThis.cspViolations.push(
    `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
  );
});
{
  let choice = 'system';
  try {
    choice = globalThis.localStorage.getItem('theme') ?? 'system';
  } catch {
    // No storage: the system decides.
  }
  const dark =
    choice === 'dark' || (choice === 'system' && globalThis.matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
}
