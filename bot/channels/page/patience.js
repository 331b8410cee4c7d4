/** Waiting longer after every failure, and not a moment longer once there is a reason to try again. */

export class Patience {
  #next;
  #wake = () => {};

  constructor(first = 1000, most = 30_000) {
    this.first = first;
    this.most = most;
    this.#next = first;
  }

  /** The time the server asked for is always kept; the spread keeps a thousand pages from returning in one second. */
  async wait(asked = 0) {
    await sleep(asked);
    const delay = this.#next * (0.6 + 0.4 * Math.random());
    this.#next = Math.min(this.#next * 2, this.most);
    await Promise.race([sleep(delay), new Promise((wake) => (this.#wake = wake))]);
  }

  reset() {
    this.#next = this.first;
  }

  wake() {
    this.reset();
    this.#wake();
  }
}

function sleep(milliseconds) {
  return milliseconds ? new Promise((resolve) => setTimeout(resolve, milliseconds)) : undefined;
}
