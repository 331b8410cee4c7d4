/**
 * What the person sent and the server has not yet acknowledged. It outlives reloads and lost connections; every item
 * keeps its id through all attempts, so the server can tell a repetition from a second message.
 */

import { Patience } from "./patience.js";
import { keep, recall } from "./storage.js";

export class Outbox {
  #patience = new Patience();
  #refused = new Map();
  #running = false;
  #open = false;

  /** `deliver(item)` throws a Trouble; `onState(id, state, trouble)` hears sending, waiting, sent, failed (why). */
  constructor({ deliver, onState }) {
    this.deliver = deliver;
    this.onState = onState;
  }

  items() {
    return recall("outbox", []);
  }

  add(item) {
    keep("outbox", [...this.items(), item]);
    this.#patience.wake();
    this.#run();
  }

  /** Before the session stands nothing can be delivered; from then on the queue moves by itself. */
  open() {
    this.#open = true;
    this.#patience.wake();
    this.#run();
  }

  retry(id) {
    this.onState(id, "sending");
    const item = this.#refused.get(id);
    this.#refused.delete(id);
    if (item) this.add(item);
    else this.#patience.wake();
  }

  confirm(id) {
    if (!this.items().some((item) => item.id === id)) return;
    this.#remove(id);
    this.onState(id, "sent");
  }

  async #run() {
    if (this.#running || !this.#open) return;
    this.#running = true;
    for (let item = this.items()[0]; item; item = this.items()[0]) await this.#attempt(item);
    this.#running = false;
  }

  async #attempt(item) {
    try {
      await this.deliver(item);
      this.confirm(item.id);
      this.#patience.reset();
    } catch (trouble) {
      if (trouble.final) return this.#refuse(item, trouble);
      this.items().forEach(({ id }) => this.onState(id, "waiting"));
      await this.#patience.wait(trouble.wait);
    }
  }

  #refuse(item, trouble) {
    this.#refused.set(item.id, item);
    this.#remove(item.id);
    this.onState(item.id, "failed", trouble);
  }

  #remove(id) {
    keep("outbox", this.items().filter((item) => item.id !== id));
  }
}
