"use strict";
// The phone in the browser. It knows only the control routes under /_/.
const at = (id) => document.getElementById(id);
const make = (tag, text = "", name = "") => Object.assign(document.createElement(tag), { textContent: text, className: name });
const path = (verb) => `/_/people/${encodeURIComponent(at("person").value)}/${verb}`;
const send = (url, body) => fetch(url, { method: "POST", body: body instanceof FormData ? body : JSON.stringify(body) });
let people = [];
let drawn = "";

function ticks(message) {
  if (message.inbound) return "";
  return { queued: "…", sent: "✓", delivered: "✓✓", read: "✓✓" }[message.status] || "";
}

function bubble(message) {
  const failed = message.error_code !== null;
  const box = make("div", "", "bubble" + (message.inbound ? " mine" : "") + (failed ? " failed" : ""));
  for (const file of message.media) box.append(picture(file));
  if (message.location) box.append(make("div", `⌖ ${message.location.label || "Location"} ${message.location.latitude}, ${message.location.longitude}`));
  box.append(make("span", message.text));
  const foot = make("footer", new Date(message.created).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) + " ");
  foot.append(failed ? make("b", `not delivered: ${message.error_code}`) : make("span", ticks(message), message.status === "read" ? "read" : ""));
  box.append(foot);
  if (!failed) box.append(choices(message));
  return box;
}

function picture(file) {
  const source = `/_storage/${file.sid}`;
  if (file.content_type.startsWith("image/")) return Object.assign(make("img"), { src: source, alt: file.name });
  return Object.assign(make("a", `▤ ${file.name || file.content_type}`), { href: source, target: "_blank" });
}

function choices(message) {
  const list = make("div", "", "choices");
  const press = (choice) => send(path("press?wait=0"), { sid: message.sid, choice }).then(refresh);
  message.buttons.forEach((one, number) => list.append(button(one.title, () => press(number + 1))));
  if (message.items.length) list.append(button("☰ " + message.button, () => open(message, press)));
  for (const one of message.links || []) list.append(Object.assign(make("a", one.title), { href: one.url, target: "_blank" }));
  list.hidden = !list.children.length;
  return list;
}

function button(title, action) {
  const found = Object.assign(make("button", title), { type: "button" });
  found.addEventListener("click", action);
  return found;
}

function open(message, press) {
  const sheet = at("sheet");
  sheet.querySelector("h2").textContent = message.button;
  sheet.querySelector(".rows").replaceChildren(...message.items.map((one, number) => {
    const row = button(one.title, () => { sheet.hidden = true; press(number + 1); });
    row.append(make("small", one.description));
    return row;
  }));
  sheet.hidden = false;
}

async function refresh() {
  const state = await (await fetch("/_/state")).json();
  const stats = await (await fetch("/_/stats")).json();
  people = state.people;
  at("webhook").textContent = state.options.webhook;
  at("contract").textContent = state.contract
    ? `Requests against Twilio's contract: ${stats.contract_violations.length}`
    : "Twilio's published documents are not installed: requests are not checked.";
  showPeople();
  showLog(stats.deliveries);
  if (at("person").value) await showChat();
}

function showPeople() {
  const chosen = at("person").value || localStorage.getItem("person");
  const known = [...at("person").options].map((one) => one.value).join();
  if (known !== people.map((one) => one.address).join()) {
    at("person").replaceChildren(...people.map((one) => Object.assign(make("option", `${one.name} ${one.address.replace("whatsapp:", "")}`), { value: one.address })));
    if (people.some((one) => one.address === chosen)) at("person").value = chosen;
  }
  const me = people.find((one) => one.address === at("person").value);
  if (!me) return;
  at("window").textContent = me.window_open ? `window open, ${Math.round(me.window_left / 360) / 10} h left` : "window closed";
  at("stop").textContent = me.opted_out ? "Opt in again" : "Opt out at Twilio";
}

function showLog(rows) {
  at("log").replaceChildren(...rows.slice(-6).reverse().map((one) =>
    make("li", `${one.kind} ${one.message_status} → ${one.error || one.status}`, one.error ? "bad" : "")));
}

async function showChat() {
  const text = await (await fetch(path("messages"))).text();
  if (text === drawn) return;
  drawn = text;
  at("chat").replaceChildren(...JSON.parse(text).map(bubble));
  at("chat").scrollTop = at("chat").scrollHeight;
}

at("composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = at("text").value.trim();
  at("text").value = "";
  if (text) await send(path("say?wait=0"), { text }).then(refresh);
});
at("attach").addEventListener("click", () => { at("menu").hidden = !at("menu").hidden; });
at("menu").addEventListener("click", (event) => {
  at("menu").hidden = true;
  if (!event.target.dataset.accept) return;
  at("file").accept = event.target.dataset.accept;
  at("file").click();
});
at("file").addEventListener("change", async () => {
  const body = new FormData();
  body.append("file", at("file").files[0]);
  at("file").value = "";
  await send(path("file?wait=0"), body).then(refresh);
});
at("place").addEventListener("click", () => send(path("location?wait=0"), { latitude: -7.7956, longitude: 110.3695, label: "Yogyakarta" }).then(refresh));
at("sheet").addEventListener("click", (event) => { if (event.target.matches("#sheet, .close")) at("sheet").hidden = true; });
at("person").addEventListener("change", () => { localStorage.setItem("person", at("person").value); drawn = ""; refresh(); });
at("newcomer").addEventListener("submit", async (event) => {
  event.preventDefault();
  await send("/_/people", Object.fromEntries(new FormData(event.target)));
  event.target.reset();
  refresh();
});
at("later").addEventListener("click", () => send(path("change"), { window_age: 25 }).then(refresh));
at("stop").addEventListener("click", () => {
  const me = people.find((one) => one.address === at("person").value);
  send(path("change"), { opted_out: !me.opted_out }).then(refresh);
});
refresh();
setInterval(refresh, 700);
