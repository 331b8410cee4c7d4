/** One message as elements of the page. Text only ever becomes text nodes; nothing from outside is read as HTML. */

import { clockTime, fileSize, fill } from "./words.js";

const speakers = { bot: "utter_page_kawan", me: "utter_page_you", person: "utter_page_secretariat" };
const stateWords = {
  sending: "utter_page_sending",
  waiting: "utter_page_not_sent",
  sent: "utter_page_sent",
  failed: "utter_page_not_sent",
};
const elsewhere = { target: "_blank", rel: "noopener noreferrer" };

// Only characters an address can have: in scripts without spaces the next word may follow at once.
const address = /https:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+/g;

/** The message with its speaker, text, files, time, state (of one's own) and buttons. */
export function buildMessage(message) {
  const article = build("article", { className: `message ${message.from}`, tabIndex: -1 });
  Object.assign(article.dataset, { id: message.id, from: message.from, at: message.at });
  const bubble = build("div", { className: "bubble" }, [
    build("p", { className: "who", dataset: { text: speakers[message.from] } }),
    message.text && build("p", { className: "text", lang: message.lang ?? "", dir: "auto" }, linked(message.text)),
    message.files?.length && buildFiles(message.files),
    build("p", { className: "meta" }, [buildTime(message.at)]),
  ]);
  article.append(build("p", { className: "day", hidden: true }), bubble);
  if (message.buttons?.length) article.append(buildChoices(message));
  fill(article);
  return article;
}

/** Shows whether an own message is sending, waiting for the connection, sent or failed (with the server's sentence). */
export function showState(article, state, sentence = "") {
  article.dataset.state = state;
  if (article.querySelector(".state:focus")) article.focus();
  article.querySelectorAll(".state, .refusal").forEach((old) => old.remove());
  const again = state === "waiting" || state === "failed";
  const meta = article.querySelector(".meta");
  // A screen reader hears what went wrong, not every "sending" and "sent".
  meta.setAttribute("aria-live", again ? "polite" : "off");
  meta.append(buildState(state, again));
  if (sentence) meta.after(build("p", { className: "refusal", textContent: sentence, dir: "auto" }));
  fill(article);
}

/** Replaces the previews of an upload by what the server keeps. */
export function showFiles(article, files) {
  for (const { href } of article.querySelectorAll('[href^="blob:"]')) URL.revokeObjectURL(href);
  article.querySelector(".files")?.replaceWith(buildFiles(files));
}

export function showTime(article) {
  article.querySelector("time").textContent = clockTime(new Date(article.dataset.at));
}

function buildState(state, again) {
  const properties = { className: "state", dataset: { text: stateWords[state] } };
  return again ? build("button", { type: "button", ...properties }) : build("span", properties);
}

function buildTime(at) {
  return build("time", { dateTime: at, textContent: clockTime(new Date(at)) });
}

function buildChoices({ buttons, lang }) {
  const common = { type: "button", className: "choice", lang: lang ?? "", dir: "auto" };
  const choices = buttons.map(({ title, payload }) => ({ ...common, textContent: title, dataset: { payload } }));
  const group = build("div", { className: "choices", dataset: { label: "utter_page_choices" } });
  group.append(...choices.map((choice) => build("button", choice)));
  group.setAttribute("role", "group");
  return group;
}

function buildFiles(files) {
  return build("ul", { className: "files" }, files.map((file) => build("li", {}, [buildFile(file)])));
}

function buildFile({ name, type, size, url }) {
  const link = build("a", isOurs(url) ? { ...elsewhere, href: url } : {});
  if (type.startsWith("image/") && isOurs(url)) {
    link.append(build("img", { src: url, alt: name, loading: "lazy", decoding: "async" }));
  } else {
    link.className = "file";
    link.append(icon("file"), buildFileName({ name, size }));
  }
  return link;
}

export function buildFileName({ name, size }) {
  const parts = [build("bdi", { textContent: name }), build("small", { textContent: fileSize(size) })];
  return build("span", { className: "file-name" }, parts);
}

/** Files come from this server or from this very page (blob:); anything else is not followed. */
function isOurs(url) {
  return Boolean(url) && new URL(url, location.href).origin === location.origin;
}

function linked(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(address)) {
    const url = withoutClosing(found[0]);
    if (!isAddress(url)) continue;
    parts.push(text.slice(end, found.index), build("a", { ...elsewhere, href: url, textContent: url }));
    end = found.index + url.length;
  }
  return [...parts, text.slice(end)];
}

/** A full stop or bracket after an address belongs to the sentence, unless the bracket was opened inside it. */
function withoutClosing(url) {
  const shorter = url.replace(/[.,;:!?'*]+$/, "");
  const unopened = shorter.endsWith(")") && shorter.split("(").length < shorter.split(")").length;
  return unopened ? withoutClosing(shorter.slice(0, -1)) : shorter;
}

function isAddress(url) {
  try {
    return new URL(url).protocol === "https:";
  } catch {
    return false;
  }
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

export function build(tag, { dataset = {}, ...properties } = {}, children = []) {
  const element = Object.assign(document.createElement(tag), properties);
  Object.assign(element.dataset, dataset);
  element.append(...children.filter(Boolean));
  return element;
}
