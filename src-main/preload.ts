import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron';
import type { Transport } from '../shared/ipc.ts';

// One channel each way. Names and arguments are checked by the one wrapper in main, which the page cannot reach around.
const transport: Transport = {
  call: (name, args) => ipcRenderer.invoke('culvert:call', name, args) as never,
  on: (event, listener) => {
    const deliver = (_event: IpcRendererEvent, name: unknown, payload: unknown) => {
      if (name === event) listener(payload as never);
    };
    ipcRenderer.on('culvert:event', deliver);
    return () => ipcRenderer.off('culvert:event', deliver);
  },
};

contextBridge.exposeInMainWorld('culvert', transport);
