/** Where the person writes: text growing with its lines, files with their preview, a draft that outlives a reload. */

import { build, buildFileName, icon } from "./message.js";
import { keep, recall } from "./storage.js";
import { fileSize, say } from "./words.js";

export class Composer {
  #files = [];

  maxMegabytes = Infinity;

  /** `onSend(text, files)` gets what is to be sent. */
  constructor(byId, onSend) {
    for (const name of ["text", "file", "attached", "problem"]) this[name] = byId(name);
    this.form = byId("composer");
    this.onSend = onSend;
    this.text.value = recall("draft", "");
    this.form.addEventListener("submit", (event) => this.#submit(event));
    this.text.addEventListener("input", () => this.#written());
    this.text.addEventListener("keydown", (event) => this.#pressed(event));
    this.file.addEventListener("change", () => this.#picked());
    this.#acceptPastedAndDropped();
    this.#grow();
  }

  focus() {
    this.text.focus();
  }

  complain(sentence) {
    this.problem.textContent = sentence;
  }

  /** Takes files to be sent, or says why not. */
  attach(files) {
    this.complain("");
    for (const file of files) {
      const key = this.#objection(file);
      if (key) this.complain(say(key, { name: file.name, limit: fileSize(this.maxMegabytes * 1e6) }));
      else this.#files.push(file);
    }
    this.#showAttached();
  }

  #objection({ size }) {
    if (size === 0) return "utter_page_file_empty";
    return size > this.maxMegabytes * 1e6 ? "utter_page_file_too_large" : null;
  }

  #submit(event) {
    event.preventDefault();
    const text = this.text.value.trim();
    if (!text && !this.#files.length) return this.focus();
    const files = this.#files.splice(0);
    this.text.value = "";
    this.complain("");
    this.#showAttached();
    this.#written();
    this.onSend(text, files);
  }

  #written() {
    keep("draft", this.text.value);
    this.#grow();
  }

  /** While an input method is composing, Enter belongs to it (229 is how Safari says so). */
  #pressed(event) {
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || composing) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  #picked() {
    this.attach([...this.file.files]);
    this.file.value = "";
    this.focus();
  }

  #acceptPastedAndDropped() {
    this.text.addEventListener("paste", (event) => this.#acceptFrom(event, event.clipboardData));
    document.addEventListener("dragover", (event) => isOfFiles(event) && event.preventDefault());
    document.addEventListener("drop", (event) => this.#acceptFrom(event, event.dataTransfer));
  }

  #acceptFrom(event, { files }) {
    if (!files.length) return;
    event.preventDefault();
    this.attach([...files]);
  }

  #showAttached() {
    for (const picture of this.attached.querySelectorAll("img")) URL.revokeObjectURL(picture.src);
    this.attached.replaceChildren(...this.#files.map((file) => this.#buildAttached(file)));
    this.attached.hidden = !this.#files.length;
  }

  #buildAttached(file) {
    const remove = build("button", { type: "button", className: "remove" }, [icon("close")]);
    remove.setAttribute("aria-label", say("utter_page_remove_file", { name: file.name }));
    remove.addEventListener("click", () => this.#remove(file));
    return build("li", {}, [this.#buildPreview(file), buildFileName(file), remove]);
  }

  #buildPreview(file) {
    if (!file.type.startsWith("image/")) return icon("file");
    return build("img", { src: URL.createObjectURL(file), alt: "" });
  }

  #remove(file) {
    this.#files.splice(this.#files.indexOf(file), 1);
    this.#showAttached();
    this.focus();
  }

  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight + 2}px`;
  }
}

function isOfFiles({ dataTransfer }) {
  return dataTransfer.types.includes("Files");
}
