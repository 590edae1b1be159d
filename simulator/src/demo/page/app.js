// Joins the page to the demo's server: one stream of snapshots in, small requests out.

import { Phone } from "./phone.js";

const element = (id) => document.getElementById(id);
const trouble = element("trouble");
const news = element("news");

async function request(path, options) {
  const answer = await fetch(path, { method: "POST", ...options }).catch(() => null);
  return answer?.ok ?? false;
}

function post(path, body) {
  return request(path, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

function phone(id, name, empty) {
  return new Phone(element(id), {
    send: (written) => post(`/api/${id}`, written),
    sendFile: (sent, body) => request(`/api/${id}/file?${new URLSearchParams(sent)}`, { body }),
    source: `/files/${id}/`,
    change: async (done) => {
      if (!(await post(`/api/${id}/change`, done))) complain("Only who wrote a message can edit or delete it; choose them under Write as.");
    },
    news: (text) => (news.textContent = `${name}, ${text}`),
    empty,
  });
}

const whatsapp = phone("whatsapp", "WhatsApp", "Nobody has written here yet.");
const signal = phone("signal", "Signal", "Each WhatsApp chat becomes a group here, with its first message.");

const some = (count, one, many) => (count === 1 ? `1 ${one}` : `${count} ${many}`);

function server(state) {
  const waits = state.waiting ? `, ${some(state.waiting, "event waits", "events wait")}` : "";
  return { kind: state.running ? "" : "off", text: (state.running ? "running" : "stopped") + waits };
}

function bridge(state) {
  const kinds = { running: "", starting: "starting", stopped: "off", ended: "off" };
  const words = { running: "running", starting: "starting", stopped: "not running", ended: "ended by itself" };
  const holds = state.holds ? `, holds ${some(state.holds, "message", "messages")}` : "";
  return { kind: kinds[state.state], text: words[state.state] + holds };
}

function part(id, name, verb, { kind, text }) {
  const card = element(id);
  const off = kind === "off";
  card.classList.toggle("off", off);
  card.classList.toggle("starting", kind === "starting");
  const status = card.querySelector("p");
  if (status.textContent !== text) status.textContent = text;
  const button = card.querySelector("button");
  button.textContent = `${off ? "Start" : verb} ${name}`;
  button.onclick = () => press(button, id, off);
}

async function press(button, id, on) {
  button.disabled = true;
  const done = await post("/api/switch", { part: id, on });
  button.disabled = false;
  button.focus();
  if (!done) complain("That did not work; the terminal may say why.");
}

function complain(text) {
  trouble.hidden = !text;
  if (trouble.textContent !== text) trouble.textContent = text;
}

const stream = new EventSource("/api/events");

stream.onmessage = (event) => {
  const state = JSON.parse(event.data);
  whatsapp.show(state.whatsapp.conversations);
  signal.show(state.signal.conversations);
  part("waha", "WAHA", "Stop", server(state.whatsapp));
  part("bridge", "the bridge", "Kill", bridge(state.bridge));
  part("signal_cli", "signal-cli", "Stop", server(state.signal));
  complain(state.bridge.note ?? "");
};

stream.onerror = () => complain("The demo has ended. Start it again in the terminal; this page finds it by itself if the address is the same.");
