import { app, crashReporter } from 'electron';
import { registerAppScheme } from './desktop/app-protocol.ts';
import { commandArguments, runCommand } from './desktop/command-line.ts';
import { deepLinkScheme } from './desktop/deep-link.ts';
import { lockDown } from './desktop/lock-down.ts';
import { startApp } from './desktop/start.ts';
import { configFolder } from './settings/folders.ts';

const command = commandArguments(process.argv, process.defaultApp);
if (command) {
  // before `ready`: no window system is touched, however long it runs
  process.exit(await runCommand(command));
}

app.setName('Culvert');
app.setPath('userData', configFolder(process.env));
app.setAppUserModelId('dev.culvert.app');
// dumps of a crash stay on this machine, in Culvert's folder
crashReporter.start({ uploadToServer: false });
if (app.requestSingleInstanceLock()) {
  registerAppScheme();
  lockDown();
  app.setAsDefaultProtocolClient(deepLinkScheme);
  void app.whenReady().then(() => startApp(process.argv));
} else {
  app.quit();
}
