/** The head of the page: how the connection is, the language, the short menu. */

import { build } from "./message.js";
import { say } from "./words.js";

export class Header {
  /** When `onLanguage(code)` fails the old choice comes back; `onPayload(title, payload, byKeyboard)` is the menu. */
  constructor(byId, { onLanguage, onPayload }) {
    this.status = byId("status");
    this.select = byId("language");
    this.menu = byId("menu");
    this.select.addEventListener("change", () => this.#choose(onLanguage));
    this.menu.addEventListener("click", ({ target, detail }) => this.#pick(target, detail === 0, onPayload));
    document.addEventListener("click", ({ target }) => this.menu.contains(target) || this.#close());
    document.addEventListener("keydown", ({ key }) => key === "Escape" && this.#close());
  }

  /** `state`: connecting, offline, unreachable, or null when all is well. */
  showStatus(state) {
    if (this.status.dataset.state === (state ?? "")) return;
    const key = state ? `utter_page_${state}` : "";
    Object.assign(this.status.dataset, { state: state ?? "", text: key });
    this.status.textContent = state ? say(key) : "";
  }

  /** Every language under its own name, spoken in itself by a screen reader. */
  showLanguages(languages) {
    const options = languages.map(({ code, name }) => build("option", { value: code, textContent: name, lang: code }));
    this.select.replaceChildren(...options);
    this.select.hidden = languages.length < 2;
    this.showLanguage(this.language);
  }

  showLanguage(code) {
    this.language = code;
    this.select.value = code;
  }

  async #choose(onLanguage) {
    await onLanguage(this.select.value).catch(() => this.showLanguage(this.language));
  }

  #pick(target, byKeyboard, onPayload) {
    const { payload } = target.dataset;
    if (!payload) return;
    this.#close();
    onPayload(target.textContent, payload, byKeyboard);
  }

  #close() {
    if (!this.menu.open) return;
    const inside = this.menu.contains(document.activeElement);
    this.menu.open = false;
    if (inside) this.menu.querySelector("summary").focus();
  }
}
