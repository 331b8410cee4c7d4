/** The chat page: keeps in touch with the server and wires header, composer, outbox and conversation together. */

import * as cabinet from "./cabinet.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { Header } from "./header.js";
import { Outbox } from "./outbox.js";
import { Patience } from "./patience.js";
import { Scroller } from "./scroller.js";
import * as server from "./server.js";
import * as words from "./words.js";

const byId = (id) => document.getElementById(id);
const longAway = 30_000;
const steadyLine = 20_000;
const refusals = { 410: "utter_page_file_lost", 415: "utter_page_file_type" };

words.start();

const patience = new Patience();
const header = new Header(byId, { onLanguage: changeLanguage, onPayload: choose });
const scroller = new Scroller(byId("conversation"), byId("sheet"), byId("newest"));
const outbox = new Outbox({ deliver, onState: showDelivery });
const conversation = new Conversation(byId("log"), { onChoice: choose, onRetry: (id) => outbox.retry(id) });
const composer = new Composer(byId, send);

let session = null;
let line = new AbortController();
let lastEvent = "";
let hiddenSince = 0;
let unread = 0;
let typingEnds;

// Keeping in touch with the server

async function stayInTouch() {
  for (;;) {
    const connecting = setTimeout(() => header.showStatus("connecting"), 1500);
    const asked = await connect(connecting).catch(troubled);
    clearTimeout(connecting);
    showTyping(false);
    await patience.wait(asked);
  }
}

/** Session, what was missed, then live events until the line breaks. */
async function connect(connecting) {
  session ??= await openSession();
  await catchUp();
  clearTimeout(connecting);
  header.showStatus(null);
  outbox.open();
  line = new AbortController();
  const since = performance.now();
  await server.listen(lastEvent, hear, line.signal);
  if (performance.now() - since > steadyLine) patience.reset();
}

/** Says what is wrong; answers how long the server asked us to wait. */
function troubled(trouble) {
  if (!(trouble instanceof server.Trouble)) console.error(trouble);
  if (trouble.status === 401) session = null;
  header.showStatus(navigator.onLine ? "unreachable" : "offline");
  return trouble.wait;
}

async function openSession() {
  const address = new URL(location.href);
  const opened = await server.openSession(address.searchParams.get("start"));
  address.searchParams.delete("start");
  history.replaceState(null, "", address);
  composer.maxMegabytes = opened.max_file_mb;
  speak(opened.language, opened.texts);
  header.showLanguages(opened.languages);
  return opened;
}

async function catchUp() {
  const { messages, last, typing, more } = await server.history();
  const first = !conversation.oldest;
  const { news, anew } = conversation.receiveHistory(messages);
  messages.forEach(({ id }) => outbox.confirm(id));
  lastEvent = last;
  if (first || anew) showEarlier(more);
  if (news) scroller.notice(conversation.newest);
  showTyping(typing);
}

function hear({ id, type, data }) {
  if (id) lastEvent = id;
  patience.reset();
  if (type === "typing") showTyping(data.typing);
  if (type === "message") receive(data);
}

function receive(message) {
  const isNew = conversation.receive([message]);
  outbox.confirm(message.id);
  if (isNew) scroller.notice(conversation.newest);
  if (message.from === "me") return;
  showTyping(false);
  if (isNew && document.hidden) showUnread(unread + 1);
  followLanguage(message).catch(() => {});
}

/** Who changes the language in the chat ("bahasa Indonesia, please") finds the page changed as well. */
async function followLanguage({ from, lang }) {
  if (from === "bot" && lang && lang !== words.currentLanguage()) session = await openSession();
}

function reconnectNow() {
  line.abort();
  patience.wake();
}

// What the person does

function send(text, files) {
  if (!files.length) return post({ id: newId(), text });
  // The text goes with the first file, as a caption does elsewhere.
  files.forEach((file, index) => sendFile(file, index === 0 ? text : ""));
}

function sendFile(file, text) {
  const item = { id: newId(), text, file: { name: file.name, type: file.type, size: file.size } };
  cabinet.store(item.id, file);
  post(item, URL.createObjectURL(file));
}

function choose(title, payload, byKeyboard) {
  post({ id: newId(), title, payload });
  if (byKeyboard) composer.focus();
}

function post(item, url) {
  const dated = { ...item, at: new Date().toISOString() };
  conversation.say(asMessage(dated, url));
  outbox.add(dated);
  scroller.toEnd();
  patience.wake();
}

function asMessage({ id, text, title, file, at }, url) {
  return { id, at, text: title ?? text, lang: words.currentLanguage(), files: file ? [{ ...file, url }] : [] };
}

async function deliver(item) {
  try {
    await (item.file ? deliverFile(item) : server.sendMessage(item));
  } catch (trouble) {
    if (trouble.status === 401) reconnectNow();
    throw trouble;
  }
}

async function deliverFile({ id, text }) {
  const file = await cabinet.take(id);
  if (!file) throw new server.Trouble(410);
  await server.sendFile(id, file, text);
}

function showDelivery(id, state, trouble) {
  const key = refusals[trouble?.status] ?? "utter_page_refused";
  conversation.setState(id, state, trouble && (trouble.sentence || words.say(key)));
  if (state !== "sent") return;
  cabinet.discard(id);
  patience.wake(); // the server is there: its answer should not wait for our next try
}

async function changeLanguage(code) {
  const { texts } = await server.chooseLanguage(code);
  speak(code, texts);
}

/** Not in every browser outside https: randomUUID. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// What the page shows

function speak(code, texts) {
  words.speak(code, texts);
  header.showLanguage(code);
  conversation.translate();
}

function showTyping(typing) {
  clearTimeout(typingEnds);
  byId("typing").hidden = !typing;
  if (typing) typingEnds = setTimeout(showTyping, 60_000, false);
}

function showUnread(count) {
  unread = count;
  document.title = count ? `(${count}) Kawan` : "Kawan";
}

function showEarlier(more) {
  byId("earlier").hidden = !more;
  byId("intro").hidden = Boolean(more);
}

async function loadEarlier() {
  const button = byId("earlier");
  button.disabled = true;
  const answer = await server.history(conversation.oldest).catch(troubled);
  button.disabled = false;
  if (!answer?.messages) return;
  scroller.keepingPlace(() => {
    conversation.receiveEarlier(answer.messages)?.focus({ preventScroll: true });
    showEarlier(answer.more);
  });
}

function comeAndGo() {
  if (document.hidden) {
    hiddenSince = Date.now();
    return;
  }
  showUnread(0);
  // A phone that slept may hold a line that is dead without knowing it.
  if (Date.now() - hiddenSince > longAway) reconnectNow();
}

byId("earlier").addEventListener("click", loadEarlier);
document.addEventListener("visibilitychange", comeAndGo);
addEventListener("online", reconnectNow);
addEventListener("offline", reconnectNow);
addEventListener("pageshow", ({ persisted }) => persisted && reconnectNow());
addEventListener("pagehide", () => line.abort());

cabinet.keepOnly(outbox.items().map(({ id }) => id));
outbox.items().forEach((item) => conversation.say(asMessage(item)));
stayInTouch();
