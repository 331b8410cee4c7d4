/** Files waiting to be sent, kept in IndexedDB so that a reload does not lose the photograph of a letter. */

const memory = new Map();
let opening;

export async function store(id, file) {
  memory.set(id, file);
  await inCabinet("readwrite", (files) => files.put(file, id)).catch(() => {});
}

export async function take(id) {
  return memory.get(id) ?? (await inCabinet("readonly", (files) => files.get(id)).catch(() => undefined));
}

export async function discard(id) {
  memory.delete(id);
  await inCabinet("readwrite", (files) => files.delete(id)).catch(() => {});
}

/** Throws away what no message is waiting for any more. */
export async function keepOnly(ids) {
  const kept = await inCabinet("readonly", (files) => files.getAllKeys()).catch(() => []);
  await Promise.all(kept.filter((id) => !ids.includes(id)).map(discard));
}

async function inCabinet(mode, act) {
  const cabinet = await (opening ??= openCabinet());
  return promised(act(cabinet.transaction("files", mode).objectStore("files")));
}

function openCabinet() {
  const request = indexedDB.open("kawan", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("files");
  return promised(request);
}

function promised(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
