import { parentPort } from 'node:worker_threads';
import { answer, type BodyJob } from './body-jobs.ts';

parentPort?.on('message', ({ id, job }: { readonly id: number; readonly job: BodyJob }) => {
  parentPort?.postMessage({ id, answer: answer(job) });
});
