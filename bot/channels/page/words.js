/** What the page says, in the reader's language; elements name it by `data-text`, `data-label`, `data-placeholder`. */

import { keep, recall } from "./storage.js";

let texts = {};
let language = "en";

/** English stands in the page itself for the moments before the server has answered. */
export function start() {
  const page = [document, document.getElementById("first-words").content];
  for (const element of page.flatMap((part) => [...part.querySelectorAll("[data-text]")])) {
    texts[element.dataset.text] = element.textContent;
  }
  const last = recall("words");
  if (last) speak(last.language, last.texts);
}

export function speak(code, newTexts) {
  language = code;
  texts = { ...texts, ...newTexts };
  keep("words", { language, texts: newTexts });
  document.documentElement.lang = code;
  fill(document);
}

export function say(key, values = {}) {
  return (texts[key] ?? "").replace(/\{(\w+)\}/g, (hole, name) => values[name] ?? hole);
}

/** Writes the present words into every element below `root` that names one. */
export function fill(root) {
  const each = (attribute, write) => root.querySelectorAll(`[${attribute}]`).forEach(write);
  each("data-text", (element) => (element.textContent = say(element.dataset.text)));
  each("data-label", (element) => element.setAttribute("aria-label", say(element.dataset.label)));
  each("data-placeholder", (element) => (element.placeholder = say(element.dataset.placeholder)));
}

export function currentLanguage() {
  return language;
}

export function clockTime(date) {
  return new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit" }).format(date);
}

/** "Today", "Yesterday", or the date; in figures where the browser does not know the language's months. */
export function dayName(date) {
  const ago = Math.round((midnight(new Date()) - midnight(date)) / 86_400_000);
  if (ago === 0 || ago === 1) return say(ago ? "utter_page_yesterday" : "utter_page_today");
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  const named = { weekday: "long", day: "numeric", month: "long", year };
  const shape = isKnown(language) ? named : { dateStyle: "short" };
  return new Intl.DateTimeFormat(locale(), shape).format(date);
}

export function fileSize(bytes) {
  const [unit, value] = bytes < 1e6 ? ["kilobyte", bytes / 1e3] : ["megabyte", bytes / 1e6];
  const shape = { style: "unit", unit, maximumFractionDigits: value < 10 ? 1 : 0 };
  return new Intl.NumberFormat(locale(), shape).format(value);
}

/** The reader's variant of the language; day before month and 24 hours where the browser does not know it. */
function locale() {
  const own = navigator.languages.find((each) => each.split("-")[0] === language);
  return isKnown(language) ? own ?? language : "en-GB";
}

function isKnown(code) {
  return Intl.DateTimeFormat.supportedLocalesOf(code).length > 0;
}

function midnight(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
