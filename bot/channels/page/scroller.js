/** Keeps the newest message in sight, unless the reader has gone back to read; then a pill says that something came. */

const near = 48;

export class Scroller {
  #following = true;
  #top = 0;

  constructor(area, sheet, pill) {
    this.area = area;
    this.pill = pill;
    area.addEventListener("scroll", () => this.#look(), { passive: true });
    pill.addEventListener("click", () => this.toEnd("smooth"));
    const grown = new ResizeObserver(() => this.#following && this.toEnd());
    grown.observe(area);
    grown.observe(sheet);
  }

  toEnd(behavior = "auto") {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#following = true;
    this.pill.hidden = true;
    this.area.scrollTo({ top: this.area.scrollHeight, behavior: calm ? "auto" : behavior });
  }

  /** Something new arrived: follow it, or say so. What is longer than the screen is shown from its beginning. */
  notice(newest) {
    if (!this.#following) this.pill.hidden = false;
    else if (newest && newest.offsetHeight > this.area.clientHeight) this.#toBeginning(newest);
    else this.toEnd();
  }

  /** Lets `change` put things above what is being read, without moving it. */
  keepingPlace(change) {
    const fromEnd = this.area.scrollHeight - this.area.scrollTop;
    change();
    this.area.scrollTop = this.area.scrollHeight - fromEnd;
  }

  #toBeginning(element) {
    this.#following = false;
    this.area.scrollTop = element.offsetTop;
  }

  /** Only going up ends the following: the end also moves away when the page grows, and then it is us who catch up. */
  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.area;
    const atEnd = scrollHeight - scrollTop - clientHeight < near;
    this.#following = atEnd || (this.#following && scrollTop >= this.#top);
    this.#top = scrollTop;
    if (atEnd) this.pill.hidden = true;
  }
}
