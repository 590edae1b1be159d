// One phone: its list of conversations, the open one, and the place to write.

import { bubble, hue, inWords, initial, make, refresh } from "./bubble.js";
import { Files } from "./files.js";
import { Deeds } from "./deeds.js";

export class Phone {
  /**
   * `send` takes what was written, `sendFile` a file, `change` what is done to a message; `news` is told what arrived, for
   * those who listen; files come from below `source`.
   */
  constructor(root, { send, sendFile, change, news, empty, source }) {
    Object.assign(this, { root, send, sendFile, change, news, empty, source });
    this.find = (selector) => root.querySelector(selector);
    this.list = this.find(".list");
    this.talk = this.find(".talk");
    this.input = this.find("textarea");
    this.seen = new Map();
    this.speaker = new Map();
    this.answered = null;
    this.open = null;
    this.deeds = new Deeds(this);
    this.files = new Files(this);
    this.listen();
  }

  listen() {
    this.find("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.answer(null);
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    this.root.addEventListener("focusin", () => (this.chosen = true));
    this.talk.addEventListener("scroll", () => (this.ends = this.isAtEnd()));
    new ResizeObserver(() => this.ends && this.toEnd()).observe(this.talk);
    this.find(".answering button").addEventListener("click", () => this.answer(null));
  }

  isAtEnd() {
    return this.talk.scrollHeight - this.talk.scrollTop - this.talk.clientHeight < 60;
  }

  toEnd() {
    this.talk.scrollTop = this.talk.scrollHeight;
    this.ends = true;
  }

  /** Shows the newest state. */
  show(conversations) {
    const first = this.conversations === undefined;
    this.conversations = conversations;
    if (first) for (const one of conversations) this.seen.set(one.id, incoming(one));
    this.follow();
    this.tell();
    this.draw();
  }

  /** Nobody chose a conversation yet: the one with the newest message is open. */
  follow() {
    const newest = this.sorted()[0]?.id ?? null;
    if ((this.chosen && this.current()) || this.open === newest) return;
    this.open = newest;
    this.talk.replaceChildren();
  }

  current() {
    return this.conversations?.find((one) => one.id === this.open);
  }

  sorted() {
    const last = (one) => one.messages.at(-1)?.at ?? 0;
    return [...this.conversations].sort((a, b) => last(b) - last(a));
  }

  /** Says aloud what is new. */
  tell() {
    for (const one of this.conversations) {
      const known = this.told?.get(one.id) ?? 0;
      if (this.told && incoming(one) > known) {
        const message = one.messages.findLast((message) => !message.mine);
        this.news(`${one.name}: ${inWords(message)}`);
      }
    }
    this.told = new Map(this.conversations.map((one) => [one.id, incoming(one)]));
  }

  draw() {
    const one = this.current();
    if (!one) return;
    this.seen.set(one.id, incoming(one));
    this.drawList();
    this.drawHead(one);
    this.drawTalk(one);
    this.drawSpeakers(one);
  }

  drawList() {
    const state = JSON.stringify([this.open, this.sorted().map((one) => [one.id, one.name, incoming(one), this.seen.get(one.id), one.messages.at(-1)?.id])]);
    if (this.listState === state) return;
    this.listState = state;
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    this.list.replaceChildren(...this.sorted().map((one) => this.entry(one)));
    if (focused !== null) [...this.list.querySelectorAll("button")].find((entry) => entry.dataset.id === focused)?.focus();
  }

  entry(one) {
    const button = make("button");
    button.type = "button";
    button.dataset.id = one.id;
    if (one.id === this.open) button.setAttribute("aria-current", "true");
    const words = make("span", "words");
    const last = one.messages.at(-1);
    const preview = last ? (last.mine ? "You: " : one.group ? last.name + ": " : "") + inWords(last) : one.detail;
    words.append(make("span", "name", one.name), make("span", "last", preview));
    const face = make("span", "face " + hue(one.name), initial(one.name));
    face.setAttribute("aria-hidden", "true");
    button.append(face, words);
    const unread = incoming(one) - (this.seen.get(one.id) ?? 0);
    if (unread > 0) {
      const count = make("span", "count", String(unread));
      count.setAttribute("aria-label", `${unread} new`);
      button.append(count);
    }
    button.addEventListener("click", () => this.choose(one.id));
    const item = make("li");
    item.append(button);
    return item;
  }

  choose(id) {
    this.chosen = true;
    this.open = id;
    this.answer(null);
    this.talk.replaceChildren();
    this.draw();
    this.toEnd();
    this.input.focus();
  }

  drawHead(one) {
    const face = this.find(".head .face");
    face.className = "face " + hue(one.name);
    face.textContent = initial(one.name);
    this.find(".head h3").textContent = one.name;
    this.find(".head p").textContent = one.detail;
    this.input.placeholder = one.control ? "A word to the bridge" : "Message";
  }

  /** Bubbles that are there already stay as they are: they may be focused, or marked with a mouse. */
  drawTalk(one) {
    const ends = this.isAtEnd();
    const known = new Map([...this.talk.children].map((item) => [item.dataset.id, item]));
    const fresh = known.size === 0;
    const items = one.messages.map((message) => {
      const item = known.get(message.id) ?? bubble(message, one.group && !message.mine, this.source, (id) => this.answer(id));
      if (!known.has(message.id) && !fresh) item.classList.add("new");
      refresh(item, message);
      return item;
    });
    if (items.length === 0) items.push(make("li", "empty", one.control ? "Here the bridge tells what went wrong. Nothing has." : this.empty));
    if (items.length === this.talk.children.length && items.every((item) => item.isConnected)) return;
    this.talk.replaceChildren(...items);
    if (ends || fresh) this.toEnd();
  }

  drawSpeakers(one) {
    const field = this.find(".speakers");
    if (!field || field.dataset.of === one.id) return;
    field.dataset.of = one.id;
    const people = [...one.speakers, { id: "", name: "You" }];
    const chosen = this.speaker.get(one.id) ?? people[0].id;
    field.replaceChildren(field.firstElementChild, ...people.map((person) => this.option(one, person, chosen)));
  }

  option(one, person, chosen) {
    const label = make("label");
    const input = make("input");
    Object.assign(input, { type: "radio", name: "speaker", value: person.id, checked: person.id === chosen });
    input.addEventListener("change", () => this.speaker.set(one.id, person.id));
    if (!person.id) label.title = "You type on your WhatsApp phone, past the bridge";
    label.append(input, make("span", "", person.name));
    return label;
  }

  /** Chooses the message that the next one answers; nothing, or the same again, for none. */
  answer(id) {
    this.answered = this.answered === id ? null : id;
    const message = this.current()?.messages.find((message) => message.id === this.answered);
    const box = this.find(".answering");
    box.hidden = !message;
    if (message) box.firstElementChild.textContent = `Answer to ${message.name}: ${inWords(message)}`;
    this.deeds.show(message);
    for (const item of this.talk.children) {
      item.querySelector(".bubble")?.setAttribute("aria-pressed", String(item.dataset.id === this.answered && !!message));
    }
    if (message) this.input.focus();
  }

  /** Who writes; nobody is the owner. */
  speaks() {
    return this.find(".speakers input:checked")?.value || null;
  }

  async submit() {
    const text = this.input.value.trim();
    const one = this.current();
    if (!text || !one) return;
    if (this.deeds.editing) return this.deeds.edited(text);
    const written = { conversation: one.id, text, quoted: this.answered, speaker: this.speaks() };
    this.input.value = "";
    this.answer(null);
    if (!(await this.send(written))) this.input.value ||= text;
  }
}

function incoming(one) {
  return one.messages.filter((message) => !message.mine).length;
}
