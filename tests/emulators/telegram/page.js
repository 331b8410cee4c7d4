// Lets a developer be a person on Telegram, through the emulator's control API.

const LANGUAGES = {
  en: "English", id: "Bahasa Indonesia", ms: "Bahasa Melayu", fil: "Filipino", pt: "Português (Timor)", vi: "Tiếng Việt",
  th: "ไทย", lo: "ລາວ", my: "မြန်မာ", km: "ខ្មែរ", fr: "Français",
};
const MARKS = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre", blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};
const LINKS = ["url", "text_link"];
const POLL_SECONDS = 20;
const TYPING_SECONDS = 5;

const $ = (id) => document.getElementById(id);
let people = [];
let me = null; // the id of the person who is speaking
let seen = {}; // the newest transcript
let toasts = 0;
let waiting = new AbortController(); // of the long poll, which ends when somebody else speaks

async function call(path, { method = "GET", body, signal } = {}) {
  const response = await fetch(`/_/${path}`, {
    method, signal, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  $("problem").hidden = response.ok;
  $("problem").textContent = answer.error ?? "";
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

const act = (action, more = {}) => call(`people/${me}/act`, { method: "POST", body: { action, ...more } });

function element(tag, text = "", more = {}) {
  return Object.assign(document.createElement(tag), { textContent: text, ...more });
}

// People

async function refresh() {
  const about = await call("about");
  people = about.people;
  if (!people.length) {
    await addPerson("Ana");
    return;
  }
  if (!people.some((person) => person.id === me)) me = Number(localStorage.getItem("me"));
  if (!people.some((person) => person.id === me)) me = people[0].id;
  drawPeople();
  drawBot(about);
}

async function addPerson(name) {
  const made = await call("people", { method: "POST", body: { first_name: name, language_code: "en" } });
  await choose(made.id);
}

async function choose(id) {
  me = id;
  waiting.abort();
  waiting = new AbortController();
  localStorage.setItem("me", id);
  seen = {};
  toasts = -1;
  await refresh();
  await look(0);
}

function drawPeople() {
  $("people").replaceChildren(...people.map((person) => {
    const item = element("li");
    const button = element("button", person.first_name, { type: "button", onclick: () => choose(person.id) });
    button.setAttribute("aria-pressed", String(person.id === me));
    item.append(button);
    return item;
  }));
  const person = people.find((one) => one.id === me);
  $("language").value = person.language_code ?? "en";
  $("blocked").checked = person.blocked;
  $("closed").hidden = !person.blocked;
  $("composer").hidden = person.blocked;
}

function drawBot({ bot, token, hook, calls }) {
  const rows = {
    Name: `@${bot.username}`,
    Updates: hook.url ? `to ${hook.url}` : "fetched with getUpdates",
    Waiting: hook.pending_update_count,
    "Last error": hook.last_error_message ?? "none",
    "Calls so far": calls,
  };
  $("bot").replaceChildren(...Object.entries(rows).flatMap(([key, value]) => [element("dt", key), element("dd", value)]));
  $("settings").textContent = `export KAWAN_TELEGRAM_API_URL=${location.origin}\nexport KAWAN_TELEGRAM_TOKEN=${token}`;
}

// The chat

async function look(after) {
  const id = me;
  const wait = after ? `?after=${after}&timeout=${POLL_SECONDS}` : "";
  const view = await call(`chats/${id}/transcript${wait}`, { signal: waiting.signal });
  if (id !== me) return;
  const isNew = view.version !== seen.version;
  seen = view;
  if (isNew) draw(view);
  drawTyping(view);
}

function draw(view) {
  const list = $("messages");
  const atEnd = !list.children.length || list.scrollHeight - list.scrollTop - list.clientHeight < 80 || toasts < 0;
  drawKeyboard(view.keyboard);
  list.replaceChildren(...view.messages.map(bubble));
  if (!view.messages.length) list.append(element("li", "Press Start, or write something.", { className: "note hint" }), startButton());
  const toEnd = () => { list.scrollTop = list.scrollHeight; };
  if (atEnd) {
    toEnd();
    for (const picture of list.querySelectorAll("img")) picture.onload = toEnd;
  }
  if (toasts >= 0 && view.toasts.length > toasts) showToast(view.toasts.at(-1));
  toasts = view.toasts.length;
}

function startButton() {
  const item = element("li", "", { className: "note" });
  const box = element("div", "", { className: "under" });
  box.append(element("button", "Start", { type: "button", onclick: () => act("open") }));
  item.append(box);
  return item;
}

function bubble(message) {
  const item = element("li", "", { className: message.by === "bot" ? "" : "mine" });
  if (message.kind === "service") {
    return Object.assign(item, { className: "note", textContent: Object.keys(message.content).join(", ").replaceAll("_", " ") });
  }
  item.classList.toggle("gone", message.deleted);
  const box = element("div", "", { className: "bubble", dir: "auto" });
  if (message.reply_to) box.append(element("span", quoted(message.reply_to), { className: "quote" }));
  if (message.content) box.append(attachment(message));
  box.append(...formatted(message.text, message.entities));
  box.append(element("span", note(message), { className: "time", title: message.before.join("\n---\n") }));
  item.append(box);
  if (message.buttons.length && !message.deleted) item.append(buttonsUnder(message));
  return item;
}

function quoted(id) {
  return (seen.messages?.find((message) => message.message_id === id)?.text || "Message").replace(/\s+/g, " ").slice(0, 60);
}

function note(message) {
  const time = new Date(message.date * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return [message.forwarded && "forwarded", message.deleted ? "deleted" : message.edited && "edited", time].filter(Boolean).join(" · ");
}

function attachment({ kind, content }) {
  const address = `/_/files/${content.file_id}`;
  if (kind === "photo") return element("img", "", { src: address, alt: "Photo" });
  if (kind === "document") return element("a", `📄 ${content.file_name}\n`, { href: address, download: content.file_name });
  const words = {
    location: () => `📍 ${content.latitude.toFixed(4)}, ${content.longitude.toFixed(4)}`,
    contact: () => `👤 ${content.first_name} ${content.phone_number}`,
    sticker: () => content.emoji,
    voice: () => `🎤 ${content.duration} s`,
    video: () => `🎬 ${content.duration} s`,
    poll: () => `📊 ${content.question}`,
  };
  return element("span", words[kind]());
}

// Entities count in UTF-16 units, as JavaScript's own strings do.
function formatted(text, entities) {
  const edges = new Set([0, text.length]);
  for (const { offset, length } of entities) edges.add(offset).add(offset + length);
  const cuts = [...edges].sort((one, other) => one - other);
  return cuts.slice(1).map((end, index) => {
    const start = cuts[index];
    const around = entities.filter(({ offset, length }) => offset <= start && end <= offset + length);
    return around.reduceRight((inner, entity) => wrapped(inner, entity, text), document.createTextNode(text.slice(start, end)));
  });
}

function wrapped(inner, entity, text) {
  const words = text.slice(entity.offset, entity.offset + entity.length);
  const outer = element(LINKS.includes(entity.type) ? "a" : (MARKS[entity.type] ?? "span"));
  if (entity.type === "spoiler") outer.className = "spoiler";
  if (LINKS.includes(entity.type)) {
    const address = entity.url ?? words;
    if (/^https?:/.test(address)) Object.assign(outer, { href: address, target: "_blank", rel: "noopener noreferrer" });
  }
  if (entity.type === "bot_command") {
    Object.assign(outer, { className: "command" });
    outer.append(element("a", words, { href: "#", onclick: (event) => { event.preventDefault(); act("text", { text: words }); } }));
    return outer;
  }
  outer.append(inner);
  return outer;
}

function buttonsUnder(message) {
  const box = element("div", "", { className: "under" });
  const all = message.buttons.flat();
  for (const row of message.buttons) {
    const line = element("div");
    for (const button of row) {
      const sign = button.url ? " ↗" : button.copy_text ? " ⧉" : "";
      line.append(element("button", button.text + sign, { type: "button", onclick: () => press(button, all.indexOf(button), message) }));
    }
    box.append(line);
  }
  return box;
}

async function press(button, index, message) {
  if (button.url) window.open(button.url, "_blank", "noopener");
  else if (button.copy_text) await navigator.clipboard.writeText(button.copy_text.text);
  else await act("press", { button: index, message_id: message.message_id });
}

function drawKeyboard(buttons) {
  $("keyboard").hidden = !buttons.length;
  $("keyboard").replaceChildren(...buttons.map((button) => {
    const send = () => act(button.request_contact ? "contact" : button.request_location ? "location" : "text", { text: button.text });
    return element("button", button.text, { type: "button", onclick: send });
  }));
}

function drawTyping(view) {
  const last = view.typing.at(-1);
  const words = view.messages.at(-1);
  const active = last && Date.now() / 1000 - last.at < TYPING_SECONDS && !(words?.by === "bot" && words.date >= last.at);
  $("bot-state").textContent = active ? `${last.action.replace("_", " ")}…` : "bot";
}

function showToast({ text }) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  setTimeout(() => { $("toast").hidden = true; }, 3500);
}

// What one can touch

async function sendText() {
  const text = $("text").value.trim();
  if (!text) return;
  $("text").value = "";
  grow();
  await act("text", { text });
}

function grow() {
  const box = $("text");
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, 110)}px`;
}

async function sendFile(action, input) {
  const [file] = input.files;
  input.value = "";
  if (!file) return;
  const bytes = new Uint8Array(await file.arrayBuffer());
  let letters = "";
  for (let at = 0; at < bytes.length; at += 8192) letters += String.fromCharCode(...bytes.subarray(at, at + 8192));
  const caption = $("text").value.trim();
  $("text").value = "";
  await act(action, { data: btoa(letters), name: file.name, mime: file.type || undefined, caption });
  toggle("attach", "attachments", false);
}

function toggle(button, what, open = $(what).hidden) {
  $(what).hidden = !open;
  $(button).setAttribute("aria-expanded", String(open));
}

async function openMenu() {
  const language = $("language").value;
  const { commands } = await call(`chats/${me}/menu?language_code=${language}`);
  $("menu").replaceChildren(...commands.map(({ command, description }) => {
    const item = element("li");
    const send = () => { toggle("menu-button", "menu", false); act("text", { text: `/${command}` }); };
    const button = element("button", `/${command} `, { type: "button", onclick: send });
    button.append(element("small", description));
    item.append(button);
    return item;
  }));
  if (!commands.length) $("menu").append(element("li", "The bot has set no commands.", { className: "hint" }));
  toggle("menu-button", "menu");
}

const EXTRAS = { stranger: ["contact", { stranger: "Somebody", phone: "+60125550100" }] };

function listen() {
  $("composer").onsubmit = (event) => { event.preventDefault(); sendText(); };
  $("text").oninput = grow;
  $("text").onkeydown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); sendText(); }
  };
  $("attach").onclick = () => toggle("attach", "attachments");
  $("menu-button").onclick = openMenu;
  $("photo").onchange = (event) => sendFile("photo", event.target);
  $("document").onchange = (event) => sendFile("document", event.target);
  for (const button of document.querySelectorAll("[data-act]")) {
    button.onclick = () => { toggle("attach", "attachments", false); act(...(EXTRAS[button.dataset.act] ?? [button.dataset.act])); };
  }
  $("new-person").onsubmit = (event) => {
    event.preventDefault();
    addPerson($("first-name").value.trim() || "Somebody");
    $("first-name").value = "";
  };
  $("link").onsubmit = (event) => { event.preventDefault(); act("open", { payload: $("payload").value.trim() }); };
  $("language").append(...Object.entries(LANGUAGES).map(([code, name]) => element("option", `${name} (${code})`, { value: code })));
  $("language").onchange = async (event) => {
    await call(`people/${me}`, { method: "PATCH", body: { language_code: event.target.value } });
    await refresh();
  };
  $("blocked").onchange = async (event) => { await act(event.target.checked ? "block" : "unblock"); await refresh(); };
}

async function watch() {
  for (;;) {
    try {
      await look(seen.version);
    } catch (error) {
      if (error.name === "AbortError") continue;
      await new Promise((done) => { setTimeout(done, 1500); });
    }
  }
}

listen();
toasts = -1;
await refresh();
await look(0);
watch();
setInterval(() => { refresh().catch(() => {}); drawTyping(seen); }, 4000);
