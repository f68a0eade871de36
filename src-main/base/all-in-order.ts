/**
 * The results of works that run at the same time, in their order. When several fail it rejects with the failure of the
 * first of them by place, whichever failed first: what a person is told hangs on no race.
 */
export async function allInOrder<T>(works: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}
