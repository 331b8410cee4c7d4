/** The conversation on the page: which messages are there, in which order, which buttons still count. */

import { buildMessage, showFiles, showState, showTime } from "./message.js";
import { dayName, fill } from "./words.js";

const sameBreath = 5 * 60_000;

export class Conversation {
  #messages = new Map();

  /** `onChoice(title, payload)` hears a pressed button, `onRetry(id)` a tap on an unsent message. */
  constructor(log, { onChoice, onRetry }) {
    this.log = log;
    log.addEventListener("click", ({ target, detail }) => {
      const choice = target.closest(".choice");
      if (choice) onChoice(choice.textContent, choice.dataset.payload, detail === 0);
      if (target.closest("button.state")) onRetry(target.closest(".message").dataset.id);
    });
  }

  has(id) {
    return this.#messages.has(id);
  }

  get newest() {
    return this.log.lastElementChild;
  }

  get oldest() {
    return this.log.querySelector(".message")?.dataset.id;
  }

  /** Puts what was said in its place; what is still being sent stays last. Answers whether any was new. */
  receive(messages) {
    const arriving = messages.filter(({ id }) => !this.#isSettled(id));
    const fresh = arriving.filter(({ id }) => !this.has(id));
    messages.forEach((message) => this.#update(message));
    const firstUnsent = this.log.querySelector('.message[data-state="sending"], .message[data-state="waiting"]');
    for (const message of arriving) {
      this.#place(this.#messages.get(message.id) ?? this.#create(message), firstUnsent);
    }
    this.#refresh();
    return fresh.length > 0;
  }

  /** The history, also after a lost connection. Where it no longer meets what is shown, everything starts anew. */
  receiveHistory(messages) {
    const settled = [...this.#messages.values()].filter(isSettled);
    const anew = settled.length > 0 && !messages.some(({ id }) => this.has(id));
    if (anew) settled.forEach((article) => this.#forget(article));
    const unknown = messages.filter(({ id }) => !this.has(id));
    return { anew, news: this.quietly(() => this.receive(messages), unknown.length > 2) };
  }

  receiveEarlier(messages) {
    const first = this.log.firstChild;
    const fresh = messages.filter(({ id }) => !this.has(id));
    this.quietly(() => fresh.forEach((message) => this.log.insertBefore(this.#create(message), first)));
    this.#refresh();
    return this.#messages.get(fresh.at(-1)?.id);
  }

  /** Shows an own message at once, before the server knows of it. */
  say(message) {
    this.log.append(this.#create({ ...message, from: "me" }));
    this.setState(message.id, "sending");
    this.#refresh();
  }

  setState(id, state, sentence) {
    const article = this.#messages.get(id);
    if (!article || (article.dataset.state === state && !sentence)) return;
    showState(article, state, sentence);
    this.#refresh();
  }

  /** Writes times, days and labels again, in the language now chosen. */
  translate() {
    fill(this.log);
    this.#messages.forEach((article) => showTime(article));
    this.#refresh();
  }

  /** A whole page of old messages must not be read aloud. */
  quietly(change, quiet = true) {
    this.log.setAttribute("aria-live", quiet ? "off" : "polite");
    const result = change();
    setTimeout(() => this.log.setAttribute("aria-live", "polite"), 1000);
    return result;
  }

  #create(message) {
    const article = buildMessage(message);
    this.#messages.set(message.id, article);
    return article;
  }

  #update({ id, files = [] }) {
    const article = this.#messages.get(id);
    if (!article) return;
    if (!isSettled(article)) showState(article, "sent");
    if (files.length && !article.querySelector('.files [href^="/"]')) showFiles(article, files);
  }

  /** What already stands right is not moved: a screen reader would read it a second time. */
  #place(article, before) {
    if (!article.isConnected || article.nextSibling !== before) this.log.insertBefore(article, before);
  }

  #isSettled(id) {
    return this.has(id) && isSettled(this.#messages.get(id));
  }

  #forget(article) {
    this.#messages.delete(article.dataset.id);
    article.remove();
  }

  #refresh() {
    const articles = [...this.log.querySelectorAll(".message")];
    articles.forEach((article, index) => placeBeside(article, articles[index - 1]));
    const newest = articles.map(({ dataset }) => dataset.from).lastIndexOf("bot");
    articles.forEach((article, index) => offer(article, index === newest ? articles.slice(index + 1) : null));
  }
}

/** Known to the server, as far as we know. */
function isSettled({ dataset }) {
  return !dataset.state || dataset.state === "sent";
}

/** The day above the first message of a day, and closer ranks for what was said in one breath. */
function placeBeside(article, previous) {
  const [at, before] = [article, previous].map((each) => each && new Date(each.dataset.at));
  const newDay = at.toDateString() !== before?.toDateString();
  const day = article.querySelector(".day");
  const name = newDay ? dayName(at) : "";
  if (day.textContent !== name) day.textContent = name;
  day.hidden = !newDay;
  const follows = !newDay && article.dataset.from === previous.dataset.from && at - before < sameBreath;
  article.classList.toggle("follows", follows);
}

/** Buttons count while theirs is the assistant's newest message (after it, only people spoke) and none was pressed. */
function offer(article, after) {
  const choices = [...article.querySelectorAll(".choice")];
  const answers = after?.filter(({ dataset }) => dataset.from === "me" && dataset.state !== "failed");
  const said = answers?.map((each) => each.querySelector(".text")?.textContent);
  const chosen = said && choices.find(({ textContent }) => said.includes(textContent));
  for (const choice of choices) {
    choice.disabled = !said || Boolean(chosen);
    if (said) choice.classList.toggle("chosen", choice === chosen);
  }
}
