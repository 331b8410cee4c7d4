/**
 * Server-sent events read by fetch rather than EventSource: this way a refusal shows its status, the last event id
 * survives a reload, and a connection that died without a word (tunnels, lifts, old proxies) is noticed.
 */

const silence = 40_000;

/** Hands every event to `onEvent({id, type, data})` until the stream ends, breaks, or is silent for 40 s. */
export async function readEvents(body, onEvent) {
  const reader = body.getReader();
  const lines = new Lines();
  const parser = new EventParser(onEvent);
  try {
    for (;;) {
      const chunk = await orSilence(reader.read().catch(() => null));
      if (!chunk || chunk.done) return;
      lines.take(chunk.value).forEach((line) => parser.take(line));
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function orSilence(reading) {
  let timer;
  const nothing = new Promise((resolve) => {
    timer = setTimeout(resolve, silence, null);
  });
  return Promise.race([reading, nothing]).finally(() => clearTimeout(timer));
}

class Lines {
  #decoder = new TextDecoder();
  #rest = "";

  /** The lines completed by these bytes. */
  take(bytes) {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = lines.pop();
    return lines.map((line) => line.replace(/\r$/, ""));
  }
}

class EventParser {
  #event = {};
  #id = "";

  constructor(onEvent) {
    this.onEvent = onEvent;
  }

  take(line) {
    if (line === "") return this.#finish();
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (field === "id") this.#id = value;
    if (field === "event") this.#event.type = value;
    if (field === "data") this.#event.data = "data" in this.#event ? `${this.#event.data}\n${value}` : value;
  }

  #finish() {
    const { type = "message", data } = this.#event;
    this.#event = {};
    if (data !== undefined) this.onEvent({ id: this.#id, type, data: JSON.parse(data) });
  }
}
