/** The calls to the server. Each one answers, or throws a Trouble that says whether trying again can help. */

import { readEvents } from "./stream.js";

export class Trouble extends Error {
  /** `status` 0: nobody answered. `wait`: milliseconds the server asked us to stay away. */
  constructor(status, sentence = "", wait = 0) {
    super(sentence || `status ${status}`);
    this.status = status;
    this.sentence = sentence;
    this.wait = wait;
  }

  /** The server understood and said no; the same request would be refused again. */
  get final() {
    return this.status >= 400 && this.status < 500 && ![401, 408, 425, 429].includes(this.status);
  }
}

export async function openSession(start) {
  const timezone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return json(await post("/chat/session", { language: navigator.language, timezone, start }));
}

export async function history(before) {
  return json(await call("/chat/history" + (before ? `?before=${encodeURIComponent(before)}` : "")));
}

export async function chooseLanguage(code) {
  return json(await post("/chat/language", { language: code }));
}

export async function sendMessage(message) {
  await post("/chat/messages", message);
}

export async function sendFile(id, file, caption) {
  const body = new FormData();
  body.append("id", id);
  body.append("caption", caption);
  body.append("file", file, file.name);
  await call("/chat/files", { method: "POST", body }, 180);
}

/** Reads live events after `lastId` until the stream ends or falls silent. */
export async function listen(lastId, onEvent, signal) {
  const headers = { Accept: "text/event-stream", ...(lastId && { "Last-Event-ID": lastId }) };
  const response = await call("/chat/events", { headers, cache: "no-store", signal });
  await readEvents(response.body, onEvent);
}

function post(path, body) {
  return call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

async function call(path, options = {}, seconds = 20) {
  const patienceEnds = new AbortController();
  const timer = setTimeout(() => patienceEnds.abort(), seconds * 1000);
  options.signal?.addEventListener("abort", () => patienceEnds.abort());
  const response = await fetch(path, { ...options, signal: patienceEnds.signal }).catch(() => null);
  clearTimeout(timer);
  if (!response) throw new Trouble(0);
  if (!response.ok) throw await troubleOf(response);
  return response;
}

async function troubleOf(response) {
  const { error = "" } = await response.json().catch(() => ({}));
  const seconds = Number.parseInt(response.headers.get("Retry-After"), 10) || 0;
  return new Trouble(response.status, error, seconds * 1000);
}

async function json(response) {
  return response.json().catch(() => {
    throw new Trouble(0);
  });
}
