// One message as a bubble. Whatever people wrote is only ever set as text.

const TICKS = { waiting: "◷", sent: "✓", delivered: "✓✓", read: "✓✓", failed: "!" };
const WORDS = {
  waiting: "waiting",
  sent: "sent",
  delivered: "delivered",
  read: "read",
  failed: "failed",
};

/** Makes an element with a class and a text. */
export function make(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** The colour that belongs to a name. */
export function hue(name) {
  let sum = 7;
  for (const letter of name.replace(/^~| \(WhatsApp\)$/g, "")) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return "hue" + (sum % 8);
}

/** The first letter of a name. */
export function initial(name) {
  return [...name][0] ?? "?";
}

/** What a message is in a line: its words, or what its file is. */
export function inWords(message) {
  const what = message.file?.startsWith("audio/") ? "a voice message" : message.file ? "a picture" : "";
  return [what, message.text].filter(Boolean).join(": ");
}

function picture(message, source) {
  const image = make("img", "picture");
  image.src = source + message.id;
  image.alt = "A picture";
  // Its place is there before it is: what is at the end stays there.
  Object.assign(image, { width: 320, height: 200 });
  return image;
}

function voice(message, source) {
  const player = make("audio", "voice");
  player.controls = true;
  player.preload = "metadata";
  player.src = source + message.id;
  player.setAttribute("aria-label", "A voice message");
  return player;
}

/** A bubble as a list item; `choose` is called when it is clicked, and files come from below `source`. */
export function bubble(message, showName, source, choose) {
  const item = make("li", message.mine ? "mine" : "");
  const button = make("button", "bubble");
  button.type = "button";
  button.title = "Answer, react to, edit or delete this message";
  button.setAttribute("aria-pressed", "false");
  if (showName) button.append(make("span", "who " + hue(message.name), message.name));
  if (message.quote) button.append(quoted(message.quote));
  if (message.file?.startsWith("image/")) button.append(picture(message, source));
  button.append(make("span", "text"), make("span", "reactions"), make("span", "foot"));
  button.addEventListener("click", () => choose(message.id));
  item.append(button);
  if (message.file?.startsWith("audio/")) item.append(voice(message, source));
  item.dataset.id = message.id;
  refresh(item, message);
  return item;
}

/** Brings what can change about a bubble up to date. */
export function refresh(item, message) {
  const state = JSON.stringify([message.ticks, message.at, message.text, message.edited, message.deleted, message.reactions, message.file]);
  if (item.dataset.state === state) return;
  item.dataset.state = state;
  if (message.deleted) for (const gone of item.querySelectorAll(".picture, .voice")) gone.remove();
  item.querySelector(".text").replaceWith(styled(message));
  item.querySelector(".reactions").replaceWith(reactions(message));
  const time = make("time", "", clock(message.at));
  time.dateTime = new Date(message.at).toISOString();
  const via = message.mine && message.bridged ? [make("span", "", "by Rialto ·")] : [];
  const edited = message.edited && !message.deleted ? [make("span", "", "edited ·")] : [];
  item.querySelector(".foot").replaceChildren(...via, ...edited, time, ...ticks(message));
}

function reactions(message) {
  const shown = make("span", "reactions");
  for (const { name, emoji } of message.reactions ?? []) {
    const one = make("span", "", emoji);
    one.title = `${name} reacted`;
    one.setAttribute("role", "img");
    one.setAttribute("aria-label", `${name} reacted ${emoji}`);
    shown.append(one);
  }
  return shown;
}

function ticks(message) {
  if (!message.ticks) return [];
  const shown = make("span", "ticks " + message.ticks, TICKS[message.ticks]);
  shown.setAttribute("role", "img");
  shown.setAttribute("aria-label", WORDS[message.ticks]);
  shown.title = WORDS[message.ticks];
  return [shown];
}

function clock(at) {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

function quoted(quote) {
  const box = make("span", "quoted");
  box.append(make("b", "", quote.name), make("span", "", quote.text ?? "a message"));
  return box;
}

// Ranges count UTF-16 units, and so does JavaScript.
function styled(message) {
  const text = make("span", message.deleted ? "text gone" : "text");
  if (message.deleted) {
    text.append("This message was deleted");
    return text;
  }
  for (const [part, looks] of pieces(message)) text.append(looks.length ? make("span", looks.join(" "), part) : part);
  return text;
}

// Styles overlap, so the text is cut wherever one begins or ends.
function pieces({ text, styles = [] }) {
  const cuts = new Set([0, text.length, ...styles.flatMap(([start, length]) => [start, start + length])]);
  const places = [...cuts].sort((a, b) => a - b);
  return places.slice(0, -1).map((from, at) => {
    const looks = styles.filter(([start, length]) => start <= from && from < start + length);
    return [text.slice(from, places[at + 1]), looks.map(([, , look]) => look.toLowerCase())];
  });
}
